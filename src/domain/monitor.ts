import * as z from 'zod'

/** One line of `attempts/<n>/monitor.jsonl`: what the sandbox uses, seen from outside it. */
export const monitorSampleSchema = z.object({
  at: z.string(),
  /** Since the agent was started. */
  elapsedMs: z.number(),
  processes: z.number().int(),
  /** Memory of all processes of the sandbox: the control group's account, else resident pages, shared ones counted in each. */
  memoryBytes: z.number(),
  /** Of the workspace; null while nobody has looked since the last line. */
  diskBytes: z.number().nullable(),
  /** Cores that the sandbox kept busy since the last line; null where nobody counts. */
  ownCores: z.number().nullable(),
  /** Cores of the machine that were busy with anything since the last line, time stolen by a hypervisor included. */
  busyCores: z.number().nullable(),
  /** The machine's load average over one minute. */
  load1: z.number(),
})
export type MonitorSample = z.infer<typeof monitorSampleSchema>

import * as z from 'zod'

/** `programs.json`: where and with what answers were executed. */
export const programsRecordSchema = z.object({
  sandbox: z.string(),
  /** False where programs see the machine's files, processes or network. */
  isolated: z.boolean(),
  python: z.string(),
  limits: z.record(z.string(), z.number()),
  /** `kernel` or `sandbox`: for all processes of a program together; `process`: for each of them. */
  limitHolders: z.object({
    memory: z.enum(['kernel', 'sandbox', 'process']),
    processes: z.enum(['kernel', 'sandbox', 'process']),
  }),
})
export type ProgramsRecord = z.infer<typeof programsRecordSchema>

import * as z from 'zod'
import { limitHolders, limitNames } from './sandbox.ts'

/** How the agent's time ended; `limit`: it was stopped because it used more than it may. */
export const solveEnds = ['finished', 'crashed', 'deadline', 'cancelled', 'limit'] as const
export type SolveEnd = (typeof solveEnds)[number]

/** What the supervisor learned about the agent's death: the seal may only follow a recorded one. */
export const deathSchema = z.object({
  proven: z.boolean(),
  method: z.string(),
  /** Processes of the agent that were still there at the end of its time and had to be killed. */
  leftOver: z.number().int(),
  /** From the end of its time, the grace included, to this; absent in records of older versions. */
  tookMs: z.number().optional(),
})

/** The receipt of the solve phase. */
export const solveEndSchema = z.object({
  end: z.enum(solveEnds),
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
  startedAt: z.string(),
  durationMs: z.number(),
  death: deathSchema,
  outputBytes: z.number(),
  outputDropped: z.number(),
  /** How often the agent was prompted: 1, and more where the experiment re-prompts. */
  turns: z.number().int().nonnegative(),
  /** Who held each limit that was declared. */
  limits: z.partialRecord(z.enum(limitNames), z.enum(limitHolders)),
  /** Limits that the agent ran into: a process of its was killed or refused for it, or it was ended. */
  exceeded: z.array(z.enum(limitNames)),
  usage: z.object({
    /** Highest that was sampled, by the kernel's own account where it keeps one. */
    peakMemoryBytes: z.number(),
    peakProcesses: z.number(),
    peakDiskBytes: z.number(),
    /** Processor time of everything in the sandbox; null where nobody counted it. */
    cpuSeconds: z.number().nullable(),
  }),
  /** Work of others on the machine while the agent ran; null where the machine does not say. */
  contention: z
    .object({
      cores: z.number(),
      /** Mean and highest number of cores that were busy with something else. */
      meanOtherCores: z.number(),
      peakOtherCores: z.number(),
    })
    .nullable(),
})
export type SolveRecord = z.infer<typeof solveEndSchema>

const event = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('supervisor_started'),
    pid: z.number(),
    startTime: z.string(),
    host: z.string(),
    sandbox: z.string(),
    isolated: z.boolean(),
    uid: z.number().nullable(),
    budgetMs: z.number(),
  }),
  z.object({ type: z.literal('agent_started') }),
  /** The agent ended early and was asked to go on. */
  z.object({ type: z.literal('turn'), turn: z.number().int(), remainingMs: z.number() }),
  /** The agent ran into a limit. */
  z.object({ type: z.literal('limit'), limit: z.enum(limitNames), detail: z.string() }),
  z.object({ type: z.literal('self_evaluation'), items: z.number(), accuracy: z.number() }),
  z.object({ type: z.literal('agent_exited'), code: z.number().nullable(), signal: z.string().nullable() }),
  z.object({ type: z.literal('deadline') }),
  z.object({ type: z.literal('cancel_requested') }),
  z.object({ type: z.literal('notice'), text: z.string() }),
  z.object({ type: z.literal('death') }).extend(deathSchema.shape),
  z.object({ type: z.literal('solve_end') }).extend(solveEndSchema.shape),
  /** The harness failed; nothing the agent did. */
  z.object({ type: z.literal('failed'), reason: z.string(), detail: z.string() }),
])
export type AttemptEvent = z.infer<typeof event>

/** One line of `attempts/<n>/events.jsonl`, written by the attempt's supervisor alone. */
export const attemptEventLineSchema = z.intersection(
  z.object({ seq: z.number().int(), at: z.string() }),
  event,
)
export type AttemptEventLine = z.infer<typeof attemptEventLineSchema>

export interface AttemptProgress {
  readonly supervisor: { readonly pid: number; readonly startTime: string } | null
  readonly sandbox: string | null
  readonly isolated: boolean
  readonly budgetMs: number | null
  readonly agentStartedAt: string | null
  readonly ended: SolveRecord | null
  readonly failed: { readonly reason: string; readonly detail: string } | null
}

export function foldAttemptEvents(lines: Iterable<AttemptEventLine>): AttemptProgress {
  let progress: AttemptProgress = {
    supervisor: null,
    sandbox: null,
    isolated: false,
    budgetMs: null,
    agentStartedAt: null,
    ended: null,
    failed: null,
  }
  for (const line of lines) {
    switch (line.type) {
      case 'supervisor_started':
        progress = {
          ...progress,
          supervisor: { pid: line.pid, startTime: line.startTime },
          sandbox: line.sandbox,
          isolated: line.isolated,
          budgetMs: line.budgetMs,
        }
        break
      case 'agent_started':
        progress = { ...progress, agentStartedAt: line.at }
        break
      case 'solve_end': {
        const { seq: _seq, at: _at, type: _type, ...record } = line
        progress = { ...progress, ended: record }
        break
      }
      case 'failed':
        progress = { ...progress, failed: { reason: line.reason, detail: line.detail } }
        break
      case 'turn':
      case 'limit':
      case 'self_evaluation':
      case 'agent_exited':
      case 'deadline':
      case 'cancel_requested':
      case 'notice':
      case 'death':
        break
    }
  }
  return progress
}

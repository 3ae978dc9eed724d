import * as z from 'zod'

/** How the agent's time ended. */
export const solveEnds = ['finished', 'crashed', 'deadline', 'cancelled'] as const
export type SolveEnd = (typeof solveEnds)[number]

/** What the supervisor learned about the agent's death: the seal may only follow a recorded one. */
export const deathSchema = z.object({
  proven: z.boolean(),
  method: z.string(),
  /** Processes of the agent that were still there at the end of its time and had to be killed. */
  leftOver: z.number().int(),
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

import * as z from 'zod'
import { solveEndSchema } from './attempt-event.ts'
import { setMetricsSchema } from './evaluation.ts'
import { findingSchema } from './finding.ts'
import { outcomeSchema } from './outcome.ts'
import { verdictSchema } from './verdict.ts'

/** `result.json`: a cache of what the journal, the sealed evidence and the verdicts say; always rebuildable. */
export const resultSchema = z.object({
  schemaVersion: z.literal(1),
  runId: z.string(),
  experiment: z.string(),
  agent: z.string(),
  agentConfig: z.string(),
  baseModel: z.string(),
  benchmark: z.string(),
  protocol: z.string(),
  protocolHash: z.string(),
  budget: z.object({ hours: z.number(), gpus: z.number() }),
  repeat: z.number().int(),
  seed: z.number().int(),
  outcome: outcomeSchema,
  /** The submitted model's own score, also when it does not count. */
  ownScore: setMetricsSchema.nullable(),
  shadowScore: setMetricsSchema.nullable(),
  verdict: verdictSchema.nullable(),
  findings: z.array(findingSchema),
  modelHash: z.string().nullable(),
  attempts: z.number().int(),
  sandbox: z.string(),
  /** False when agent and harness were not isolated from each other; shown beside every score. */
  isolated: z.boolean(),
  /** `proven`, or `unproven` when the machine gave no means to prove that nothing of the agent was left. */
  death: z.enum(['proven', 'unproven', 'not_started']),
  solve: z.object({
    startedAt: z.string().nullable(),
    durationMs: z.number(),
    exitCode: z.number().nullable(),
    /** A `SolveEnd`, or `not_started`. */
    ended: z.string(),
    turns: z.number().int(),
  }),
  /** Who held which limit, what was used, and what else the machine did meanwhile; null when no agent ran. */
  resources: solveEndSchema.pick({ limits: true, exceeded: true, usage: true, contention: true }).nullable(),
  harnessVersion: z.string(),
  finishedAt: z.string(),
})
export type RunResult = z.infer<typeof resultSchema>

/** Share of the agent's own cores that others may keep busy before the run is said to be contended. */
const toleratedShare = 0.25

/** Whether other work on the machine took cores that were the agent's; false where nobody counted. */
export function isContended(
  resources: RunResult['resources'],
  limits: { readonly cpus?: number | undefined },
): boolean {
  const contention = resources?.contention
  if (contention === null || contention === undefined) return false
  const own = Math.min(limits.cpus ?? contention.cores, contention.cores)
  return contention.meanOtherCores > contention.cores - own + toleratedShare * own
}

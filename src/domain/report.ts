import * as z from 'zod'
import { setMetricsSchema } from './evaluation.ts'
import { findingSchema } from './finding.ts'
import { phases } from './journal.ts'
import { leaderboardSchema } from './leaderboard.ts'
import { outcomeSchema } from './outcome.ts'
import { verdictSchema } from './verdict.ts'

/** One run as a reader sees it: what became of it, why, and on what evidence. */
const reportRunSchema = z.object({
  id: z.string(),
  experiment: z.string(),
  /** The leaderboard row that it counts for. */
  row: z.string(),
  agent: z.string(),
  agentConfig: z.string(),
  baseModel: z.string(),
  benchmark: z.string(),
  budget: z.object({ hours: z.number(), gpus: z.number() }),
  repeat: z.number().int(),
  seed: z.number().int(),
  /** `null`: not finished. */
  outcome: outcomeSchema.nullable(),
  /** What it contributes to the leaderboard. */
  counts: z.enum(['own', 'base', 'missing']),
  countedScore: z.number().nullable(),
  /** Of the submitted model, also when it does not count. */
  ownScore: setMetricsSchema.nullable(),
  shadowScore: setMetricsSchema.nullable(),
  baseScore: setMetricsSchema.nullable(),
  /** In the order they were made; the last one stands. */
  verdicts: z.array(z.object({ number: z.number().int(), verdict: verdictSchema })),
  detectors: z.array(z.object({ id: z.string(), version: z.number() })),
  findings: z.array(findingSchema),
  attempts: z.array(
    z.object({
      number: z.number().int(),
      why: z.string(),
      startedAt: z.string(),
      outcome: outcomeSchema.nullable(),
    }),
  ),
  timeline: z.array(
    z.object({
      attempt: z.number().int(),
      phase: z.enum(phases),
      startedAt: z.string(),
      endedAt: z.string().nullable(),
    }),
  ),
  /** The agent's own evaluations on the way, in order. */
  selfEvaluations: z.array(
    z.object({ elapsedMs: z.number(), items: z.number().int(), accuracy: z.number(), stderr: z.number() }),
  ),
  /** End of the agent's output; `null` when there is none to show, then `logNote` says why. */
  logTail: z.string().nullable(),
  logNote: z.string(),
  /** Texts out of the evidence are left out, because the benchmark's items may not be published. */
  withheld: z.boolean(),
  sandbox: z.string(),
  isolated: z.boolean(),
  death: z.enum(['proven', 'unproven', 'not_started']),
  solve: z
    .object({
      startedAt: z.string().nullable(),
      durationMs: z.number(),
      exitCode: z.number().nullable(),
      ended: z.string(),
    })
    .nullable(),
  modelHash: z.string().nullable(),
  harnessVersion: z.string(),
})
export type ReportRun = z.infer<typeof reportRunSchema>

/** Everything that the report page shows. It is embedded in the page, so nothing secret may be in it. */
export const reportSchema = z.object({
  schemaVersion: z.literal(1),
  title: z.string(),
  leaderboard: leaderboardSchema,
  runs: z.array(reportRunSchema),
  /** The protocol file as it stood. */
  protocolText: z.string(),
})
export type ReportData = z.infer<typeof reportSchema>

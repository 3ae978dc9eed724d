import * as z from 'zod'
import { evaluationMetricsSchema, setMetricsSchema } from './evaluation.ts'
import { limitsSchema } from './experiment.ts'
import { findingSchema } from './finding.ts'
import { phases } from './journal.ts'
import { leaderboardSchema } from './leaderboard.ts'
import { outcomeSchema } from './outcome.ts'
import { resultSchema } from './result.ts'
import { baselineKinds } from './run-spec.ts'
import { verdictSchema } from './verdict.ts'

/** Lines of a text as they stand in it, made inert and shortened. */
const linesSchema = z.object({ firstLine: z.number().int().positive(), lines: z.array(z.string()) })
export type ReportLines = z.infer<typeof linesSchema>

export const curveMetrics = ['memoryBytes', 'processes', 'diskBytes', 'ownCores', 'otherCores'] as const
export type CurveMetric = (typeof curveMetrics)[number]

/** What the sandbox used over time, thinned out so that every extreme is still there. */
const curveSchema = z.object({
  metric: z.enum(curveMetrics),
  /** Since the agent was started. */
  seconds: z.array(z.number()),
  values: z.array(z.number()),
})
export type ReportCurve = z.infer<typeof curveSchema>

export const markKinds = ['turn', 'limit', 'deadline', 'cancel', 'notice', 'exit', 'failed'] as const
export type MarkKind = (typeof markKinds)[number]

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
  /** Accuracy of each pass over the test items; none where the evaluation cannot be read. */
  passes: evaluationMetricsSchema.shape.passes,
  probe: evaluationMetricsSchema.shape.probe,
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
  /** When the agent of the last attempt was started: what its times are counted from. */
  agentStartedAt: z.string().nullable(),
  /** What happened while the agent of the last attempt ran. */
  marks: z.array(z.object({ elapsedMs: z.number(), kind: z.enum(markKinds), text: z.string() })),
  /** Of the last attempt; `samples` counts what was measured, before it was thinned out. */
  monitor: z.object({ samples: z.number().int(), curves: z.array(curveSchema) }),
  /** As declared. */
  limits: limitsSchema,
  resources: resultSchema.shape.resources,
  /** Other work took cores that were the agent's: see `isContended`. */
  contended: z.boolean(),
  /** The agent's own evaluations on the way, in order; of a great many the highest and lowest. */
  selfEvaluations: z.array(
    z.object({ elapsedMs: z.number(), items: z.number().int(), accuracy: z.number(), stderr: z.number() }),
  ),
  selfEvaluationCount: z.number().int(),
  /** The end of the agent's output, and the lines before it that findings name. */
  log: z.object({ note: z.string(), parts: z.array(linesSchema) }),
  /** What stands around the lines of files that findings name. */
  excerpts: z.array(linesSchema.extend({ file: z.string() })),
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
      turns: z.number().int(),
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
  /** Catalogue models under the same rules: what scores are compared with. */
  baselines: z.array(
    z.object({
      kind: z.enum(baselineKinds),
      label: z.string(),
      baseModel: z.string(),
      benchmark: z.string(),
      score: setMetricsSchema,
    }),
  ),
  /** The protocol file as it stood. */
  protocolText: z.string(),
})
export type ReportData = z.infer<typeof reportSchema>

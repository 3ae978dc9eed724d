import * as z from 'zod'
import { baselineKinds } from './run-spec.ts'
import { outcomeKinds } from './outcome.ts'

/** A score with its 95 % interval. */
const estimateSchema = z.object({ value: z.number(), low: z.number(), high: z.number() })
export type Estimate = z.infer<typeof estimateSchema>

/** What an interval accounts for: chance in the items drawn, and chance between runs where a cell has several. */
const intervalCoverage = ['items', 'runs_and_items', 'mixed'] as const
export type IntervalCoverage = (typeof intervalCoverage)[number]

const leaderboardCellSchema = z.object({
  benchmark: z.string(),
  baseModel: z.string(),
  /** Mean over the runs that count; `null` when none does. */
  score: z.number().nullable(),
  /** Runs that contribute a number, and how many of those are the base model's in place of their own. */
  counting: z.number().int(),
  asBase: z.number().int(),
  runs: z.array(z.string()),
})
export type LeaderboardCell = z.infer<typeof leaderboardCellSchema>

/** Finished runs by outcome; every kind is there. */
const outcomeCountsSchema = z.record(z.enum(outcomeKinds), z.number().int())

const rowShape = {
  id: z.string(),
  label: z.string(),
  /** The weighted score. Of an incomplete row it covers only the cells that have a score, and has no rank. */
  score: estimateSchema.nullable(),
  complete: z.boolean(),
  missing: z.array(z.object({ benchmark: z.string(), baseModel: z.string(), why: z.string() })),
  /** Mean over base models, in the order of the leaderboard's benchmarks. */
  benchmarks: z.array(z.object({ id: z.string(), score: estimateSchema.nullable() })),
  cells: z.array(leaderboardCellSchema),
  intervalCovers: z.enum(intervalCoverage),
}

const agentRowSchema = z.object({
  kind: z.literal('agent'),
  ...rowShape,
  /** From 1; equal scores share a rank. `null` for an incomplete row. */
  rank: z.number().int().positive().nullable(),
  agent: z.string(),
  agentConfig: z.string(),
  agentHash: z.string(),
  budget: z.object({ hours: z.number(), gpus: z.number() }),
  runs: z.number().int(),
  outcomes: outcomeCountsSchema,
  unfinished: z.number().int(),
  attempts: z.number().int(),
  /** Mean time that the agent used, over the runs in which it was started. */
  solveMs: z.number().nullable(),
  /** Runs whose agent was not isolated from the harness. */
  unisolated: z.number().int(),
  /** Runs after which it could not be proven that nothing of the agent was left. */
  unprovenDeaths: z.number().int(),
  /** Runs whose agent had to share its cores with other work: see `isContended`. */
  contended: z.number().int(),
})
export type AgentRow = z.infer<typeof agentRowSchema>

const baselineRowSchema = z.object({
  kind: z.literal('baseline'),
  ...rowShape,
  baseline: z.enum(baselineKinds),
})
export type BaselineRow = z.infer<typeof baselineRowSchema>

/** `leaderboard.json`: everything that the table in the terminal and the page show. */
export const leaderboardSchema = z.object({
  schemaVersion: z.literal(1),
  experiments: z.array(z.string()),
  /** When the latest of the results was finished; `null` without results. */
  asOf: z.string().nullable(),
  protocol: z.object({ id: z.string(), title: z.string(), hash: z.string() }),
  benchmarks: z.array(
    z.object({
      id: z.string(),
      version: z.number().int(),
      itemsHash: z.string(),
      /** Test items. */
      items: z.number().int(),
      weight: z.number(),
      /** mean instruct score - mean base zero-shot score, where both are known. */
      gap: z.number().nullable(),
    }),
  ),
  baseModels: z.array(z.string()),
  weights: z.object({ source: z.enum(['protocol', 'baselines', 'equal']), note: z.string() }),
  interval: z.object({
    level: z.number(),
    method: z.literal('two_level_bootstrap'),
    resamples: z.number().int(),
    seed: z.number().int(),
    /** `binomial` where the scores of single items were not at hand. */
    items: z.enum(['resampled', 'binomial', 'mixed']),
  }),
  harnessVersions: z.array(z.string()),
  /** Agents by rank, incomplete ones last. */
  agents: z.array(agentRowSchema),
  baselines: z.array(baselineRowSchema),
  /** What a reader must know beside the numbers. */
  notes: z.array(z.string()),
  /** Files that could not be used. */
  problems: z.array(z.object({ experiment: z.string(), path: z.string(), message: z.string() })),
})
export type Leaderboard = z.infer<typeof leaderboardSchema>

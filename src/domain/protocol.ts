import * as z from 'zod'
import type { ItemCounts } from './benchmark.ts'
import { scoringRulesSchema } from './scoring.ts'

/** `all`: whatever the benchmark's data hold; a generated benchmark has no such number. */
const all = z.literal('all')
const itemCountsSchema = z.strictObject({
  train: z.union([z.number().int().nonnegative(), all]),
  test: z.union([z.number().int().positive(), all]),
  shadow: z.union([z.number().int().nonnegative(), all]),
})

/** `catalog/protocols/<id>.yaml`: the rules of scoring. Every difference between protocols is a field here. */
export const protocolSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** Benchmarks that make up the score. */
  benchmarks: z.array(z.string()).min(1),
  /** `from_baselines`: weight(b) proportional to 1 / (mean instruct score - mean base score), normalised. */
  weights: z.union([z.literal('from_baselines'), z.record(z.string(), z.number().positive())]),
  /** Seed of the item draw: the same for every run, so that scores are comparable. */
  itemSeed: z.number().int(),
  items: itemCountsSchema,
  /** New tokens for one item, by benchmark; others keep their own. */
  maxTokens: z.record(z.string(), z.number().int().positive()).default({}),
  sampling: z.strictObject({
    /** Absent: left to the submitted model's generation_config, as the published system does. */
    temperature: z.number().min(0).optional(),
    topP: z.number().gt(0).max(1).optional(),
    /** One pass over all items each; the score is the mean. */
    seeds: z
      .array(z.number().int())
      .min(1)
      .refine((seeds) => new Set(seeds).size === seeds.length, 'seeds must differ'),
    /** Whether requests carry a seed of their own, derived from the pass's and the item's, or none at all. */
    requestSeeds: z.enum(['per_sample', 'none']).default('per_sample'),
  }),
  /** Items of test and shadow set that are also asked with their decisive part cut out; 0: none. */
  probeItems: z.number().int().nonnegative(),
  /** `base`: the base model's template is forced on every submission; `own`: the submission's template counts. */
  chatTemplate: z.enum(['base', 'own']),
  scoring: scoringRulesSchema.prefault({}),
  /** What the agent gets back from ./evaluate beside the aggregate. */
  selfEvaluation: z.strictObject({
    /** `full`: prompt, output, answer, target and score of every sample; `scores`: id and score; `none`. */
    samples: z.enum(['full', 'scores', 'none']),
  }),
  /** Examples in the few-shot baseline. */
  fewShot: z.number().int().nonnegative(),
  /** Prompt version under `src/run/agent/prompt/`. */
  prompt: z.string(),
  policy: z.string(),
})
export type Protocol = z.infer<typeof protocolSchema>

/** How many items a benchmark is asked for. */
export function itemCounts({ items }: Protocol): ItemCounts {
  const count = (of: number | 'all'): number => (of === 'all' ? Infinity : of)
  return { train: count(items.train), test: count(items.test), shadow: count(items.shadow) }
}

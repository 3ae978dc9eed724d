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
    /** A model whose own settings decode greedily is asked in one pass only: the others would be the same. */
    greedyOnce: z.boolean().default(false),
    /** Whether requests carry a seed of their own, derived from the pass's and the item's, or none at all. */
    requestSeeds: z.enum(['per_sample', 'none']).default('per_sample'),
  }),
  /** Items of test and shadow set that are also asked with their decisive part cut out; 0: none. */
  probeItems: z.number().int().nonnegative(),
  /**
   * `base`: the base model's template is forced on every submission; `own`: the submission's template counts; `family`: one
   * of `catalog/templates`, by the family of the base model and the benchmark.
   */
  chatTemplate: z.enum(['base', 'own', 'family']),
  /** For templates that print a date: that of the day, on which scores then depend, or always this one. */
  templateDate: z.union([z.literal('today'), z.iso.date()]).default('today'),
  /**
   * Evaluations in a row, each with its own limits, until one gives a score; the score says which. Only protocols whose
   * failing samples end an evaluation need more than one.
   */
  ladder: z
    .array(
      z.strictObject({
        attempts: z.number().int().positive(),
        /** By benchmark, in place of those above. */
        maxTokens: z.record(z.string(), z.number().int().positive()).default({}),
      }),
    )
    .min(1)
    .default([{ attempts: 1, maxTokens: {} }]),
  /** The model that grades answers, where a benchmark needs one. */
  judge: z
    .strictObject({
      model: z.string(),
      /** Tokens for reasoning and reply together. */
      maxTokens: z.number().int().positive(),
    })
    .optional(),
  scoring: scoringRulesSchema.prefault({}),
  /** What the agent gets back from ./evaluate beside the aggregate. */
  selfEvaluation: z.strictObject({
    /** `full`: prompt, output, answer, target and score of every sample; `scores`: id and score; `none`. */
    samples: z.enum(['full', 'scores', 'none']),
    /** How often an agent may ask in one attempt. Absent: as often as it likes, up to 10,000. */
    most: z.number().int().nonnegative().optional(),
  }),
  /** Examples in the few-shot baseline. */
  fewShot: z.number().int().nonnegative(),
  /** Sampling of the few-shot baseline, where it is not that of submissions. */
  fewShotSampling: z
    .strictObject({
      temperature: z.number().min(0),
      topP: z.number().gt(0).max(1),
      seeds: z.array(z.number().int()).min(1),
    })
    .optional(),
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

import * as z from 'zod'

const itemCountsSchema = z.strictObject({
  train: z.number().int().nonnegative(),
  test: z.number().int().positive(),
  shadow: z.number().int().nonnegative(),
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
  sampling: z.strictObject({
    /** Absent: left to the submitted model's generation_config, as the published system does. */
    temperature: z.number().min(0).optional(),
    topP: z.number().gt(0).max(1).optional(),
    /** One pass over all items each; the score is the mean. */
    seeds: z
      .array(z.number().int())
      .min(1)
      .refine((seeds) => new Set(seeds).size === seeds.length, 'seeds must differ'),
  }),
  /** Items of test and shadow set that are also asked with their decisive part cut out; 0: none. */
  probeItems: z.number().int().nonnegative(),
  /** `base`: the base model's template is forced on every submission; `own`: the submission's template counts. */
  chatTemplate: z.enum(['base', 'own']),
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

import * as z from 'zod'

/**
 * `test_probe` and `shadow_probe` are items of these sets with what decides their answer cut out: who still answers them
 * right knows them by heart.
 */
export const itemSetSchema = z.enum(['test', 'shadow', 'test_probe', 'shadow_probe'])
export type ItemSet = z.infer<typeof itemSetSchema>

/** One line of `samples.jsonl`. */
export const sampleSchema = z.object({
  set: itemSetSchema,
  id: z.string(),
  /** From 1: the protocol's seeds in their order. */
  pass: z.number().int().positive(),
  /** Of this request alone. */
  seed: z.number().int(),
  /** What the model was sent, as messages. */
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
  output: z.string(),
  /** Only from engines that read them out of the output. */
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.string() })).optional(),
  finishReason: z.string(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  answer: z.string().nullable(),
  target: z.string(),
  value: z.number(),
  /** What the benchmark's summary and readers need beside the value. */
  details: z.record(z.string(), z.unknown()).optional(),
  /** Set when no answer could be had; the sample counts as 0 and is counted in `metrics.errors`. */
  error: z.string().optional(),
  latencyMs: z.number(),
})
export type Sample = z.infer<typeof sampleSchema>

export const setMetricsSchema = z.object({
  /** Distinct items; each was asked once per seed. */
  items: z.number().int(),
  /** Mean over items of the mean over passes. */
  accuracy: z.number(),
  /**
   * Standard deviation of the items' means over the square root of their number; 0 for fewer than two items. Passes of one
   * item are not independent, so they do not make it smaller by themselves.
   */
  stderr: z.number(),
  /** Samples without an answer; they count as 0. */
  errors: z.number().int(),
  /** Samples cut at the token limit. */
  truncated: z.number().int(),
  /** The benchmark's own breakdowns. */
  details: z.record(z.string(), z.unknown()).optional(),
})
export type SetMetrics = z.infer<typeof setMetricsSchema>

/** `metrics.json` of one evaluation. */
export const evaluationMetricsSchema = z.object({
  schemaVersion: z.literal(1),
  protocol: z.string(),
  protocolHash: z.string(),
  benchmark: z.string(),
  modelHash: z.string(),
  engine: z.string(),
  sandbox: z.string(),
  /** One pass over all items each. */
  seeds: z.array(z.number().int()).min(1),
  fewShot: z.number().int(),
  test: setMetricsSchema,
  /** Accuracy of each pass on the test items, in the order of `seeds`. */
  passes: z.array(z.number()),
  shadow: setMetricsSchema.nullable(),
  /** How often cut items were still answered right; null where the benchmark cannot cut them or nobody asked. */
  probe: z
    .object({
      /** The benchmark's: what an honest model reaches at most. */
      chance: z.number(),
      test: setMetricsSchema,
      shadow: setMetricsSchema,
    })
    .nullable(),
  /** New tokens that one item could have. */
  maxTokens: z.number().int().optional(),
  /** Which try at the protocol's ladder this is, from 1, and why those before gave no score. */
  attempt: z.number().int().positive().optional(),
  aborted: z.array(z.string()).optional(),
  /** What the operator changed: the score is not one under the protocol. */
  overrides: z
    .object({ limit: z.number().int().optional(), maxTokens: z.number().int().optional() })
    .optional(),
  /**
   * Set where a program of the published format measured the checkpoint. There are no samples then: `items` is 0, seeds and
   * few-shot examples are its own affair, and only `accuracy` and `stderr` are known.
   */
  program: z
    .object({
      /** Of its folder. */
      hash: z.string(),
      /** Whether it told a standard error; where not, `stderr` is 0. */
      stderr: z.enum(['told', 'unknown']),
    })
    .optional(),
  /** Who graded answers, and what that took. */
  judge: z
    .object({
      /** As the protocol names it, and as the endpoint says. */
      model: z.string(),
      answeredBy: z.array(z.string()),
      endpoint: z.string(),
      calls: z.number().int(),
      /** Questions without a usable reply after all tries. */
      unusable: z.number().int(),
      promptTokens: z.number(),
      completionTokens: z.number(),
      /** By the dated prices of `catalog/prices.yaml`; null for a model that it does not have. */
      costUsd: z.number().nullable(),
    })
    .optional(),
  startedAt: z.string(),
  durationMs: z.number(),
})
export type EvaluationMetrics = z.infer<typeof evaluationMetricsSchema>

/** One line of `evaluations.jsonl`: a self-evaluation that the agent asked for. */
export const selfEvaluationSchema = z.object({
  at: z.string(),
  /** Time since the agent was started. */
  elapsedMs: z.number(),
  model: z.string(),
  items: z.number().int(),
  accuracy: z.number(),
  stderr: z.number(),
  /** sha256 of each file content that was handed to the agent. */
  handedOut: z.array(z.string()),
})
export type SelfEvaluation = z.infer<typeof selfEvaluationSchema>

/** Means over the samples of one set, each item weighing the same; a sample without an answer counts as 0. */
export function summariseSamples(
  samples: readonly Pick<Sample, 'id' | 'value' | 'error' | 'finishReason'>[],
): SetMetrics {
  const means = itemMeans(samples)
  const items = means.size
  const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0)
  const accuracy = items === 0 ? 0 : sum(means.values()) / items
  const squares = sum([...means.values()].map((mean) => (mean - accuracy) ** 2))
  return {
    items,
    accuracy,
    stderr: items < 2 ? 0 : Math.sqrt(squares / (items - 1) / items),
    errors: samples.filter((sample) => sample.error !== undefined).length,
    truncated: samples.filter((sample) => sample.finishReason === 'length').length,
  }
}

/** The score of every item: its mean over the passes. */
export function itemMeans(samples: Iterable<Pick<Sample, 'id' | 'value'>>): Map<string, number> {
  const sums = new Map<string, { total: number; count: number }>()
  for (const { id, value } of samples) {
    const { total, count } = sums.get(id) ?? { total: 0, count: 0 }
    sums.set(id, { total: total + value, count: count + 1 })
  }
  return new Map([...sums].map(([id, { total, count }]) => [id, total / count]))
}

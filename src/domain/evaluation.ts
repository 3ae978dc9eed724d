import * as z from 'zod'

export const itemSetSchema = z.enum(['test', 'shadow'])
export type ItemSet = z.infer<typeof itemSetSchema>

/** One line of `samples.jsonl`. */
export const sampleSchema = z.object({
  set: itemSetSchema,
  id: z.string(),
  seed: z.number().int(),
  /** What the model was sent, as messages. */
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
  output: z.string(),
  finishReason: z.string(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  answer: z.string().nullable(),
  target: z.string(),
  value: z.number(),
  /** Set when no answer could be had; the sample counts as 0 and is counted in `metrics.errors`. */
  error: z.string().optional(),
  latencyMs: z.number(),
})
export type Sample = z.infer<typeof sampleSchema>

export const setMetricsSchema = z.object({
  items: z.number().int(),
  accuracy: z.number(),
  /** Sample standard deviation over the square root of the number of items; 0 for fewer than two. */
  stderr: z.number(),
  errors: z.number().int(),
  /** Samples cut at the token limit. */
  truncated: z.number().int(),
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
  seed: z.number().int(),
  fewShot: z.number().int(),
  test: setMetricsSchema,
  shadow: setMetricsSchema.nullable(),
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

/** Accuracy over the samples of one set. The mean is over all items: an error counts as 0. */
export function summariseSamples(
  samples: readonly Pick<Sample, 'value' | 'error' | 'finishReason'>[],
): SetMetrics {
  const items = samples.length
  const accuracy = items === 0 ? 0 : samples.reduce((sum, sample) => sum + sample.value, 0) / items
  const squares = samples.reduce((sum, sample) => sum + (sample.value - accuracy) ** 2, 0)
  return {
    items,
    accuracy,
    stderr: items < 2 ? 0 : Math.sqrt(squares / (items - 1) / items),
    errors: samples.filter((sample) => sample.error !== undefined).length,
    truncated: samples.filter((sample) => sample.finishReason === 'length').length,
  }
}

import type { Benchmark } from '../../domain/benchmark.ts'
import { summariseSamples, type Sample, type SetMetrics } from '../../domain/evaluation.ts'
import type { ScoringRules } from '../../domain/scoring.ts'

/** The samples of one set, as the benchmark counts them. */
export function summariseSet(
  benchmark: Benchmark,
  rules: ScoringRules,
  samples: readonly Sample[],
): SetMetrics {
  const plain = summariseSamples(samples)
  if (benchmark.summarise === undefined) return plain
  // What nobody could score has no details that a benchmark's own summary could count.
  const scored = samples.filter(({ error, details }) => error === undefined || details !== undefined)
  const { accuracy, stderr, details } = benchmark.summarise(scored, rules)
  const missing = samples.length === 0 ? 0 : 1 - scored.length / samples.length
  return {
    ...plain,
    accuracy: accuracy * (1 - missing),
    stderr,
    ...(details === undefined ? {} : { details: { ...details } }),
  }
}

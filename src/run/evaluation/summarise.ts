import type { Benchmark } from '../../domain/benchmark.ts'
import { summariseSamples, type Sample, type SetMetrics } from '../../domain/evaluation.ts'
import type { ScoringRules } from '../../domain/scoring.ts'
import { mean } from '../../lib/stats.ts'

type CountedSample = Pick<Sample, 'id' | 'pass' | 'value' | 'details' | 'error' | 'finishReason'>

/** The samples of one set, as the benchmark counts them. What could not be scored counts 0, in its own pass. */
export function summariseSet(
  benchmark: Benchmark,
  rules: ScoringRules,
  samples: readonly CountedSample[],
): SetMetrics {
  const plain = summariseSamples(samples)
  const summarise = benchmark.summarise?.bind(benchmark)
  if (summarise === undefined) return plain
  const isScored = ({ error }: CountedSample): boolean => error === undefined
  const { accuracy, stderr, details } = summarise(samples.filter(isScored), rules)
  const passes = plain.errors === 0 ? [] : [...Map.groupBy(samples, ({ pass }) => pass).values()]
  const ofPass = (pass: readonly CountedSample[]): number => {
    const scored = pass.filter(isScored)
    return (summarise(scored, rules).accuracy * scored.length) / pass.length
  }
  return {
    ...plain,
    accuracy: passes.length === 0 ? accuracy : mean(passes.map(ofPass)),
    stderr,
    ...(details === undefined ? {} : { details: { ...details } }),
  }
}

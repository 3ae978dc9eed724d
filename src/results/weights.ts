import { BenchError } from '../domain/error.ts'
import type { Leaderboard } from '../domain/leaderboard.ts'
import type { Protocol } from '../domain/protocol.ts'
import { mean } from '../lib/stats.ts'
import type { Baselines } from './measurement.ts'

export interface Weights {
  readonly source: Leaderboard['weights']['source']
  readonly note: string
  /** By benchmark; they add up to 1. */
  readonly values: ReadonlyMap<string, number>
  readonly gaps: ReadonlyMap<string, number>
}

/**
 * weight(b) proportional to 1 / (mean instruct score - mean base zero-shot score) over the base models, so that
 * a benchmark counts for more the less room there is between its two baselines (arXiv 2603.08640, section 3.1).
 */
export function planWeights(
  protocol: Protocol,
  benchmarks: readonly string[],
  baseModels: readonly string[],
  baselines: Baselines,
): Weights {
  const gaps = new Map<string, number>()
  for (const benchmark of benchmarks) {
    const gap = gapOf(benchmark, baseModels, baselines)
    if (gap !== null) gaps.set(benchmark, gap)
  }
  const partial =
    benchmarks.length < protocol.benchmarks.length
      ? ` Only ${benchmarks.length} of the protocol's ${protocol.benchmarks.length} benchmarks were run: not comparable with scores over all of them.`
      : ''
  if (protocol.weights !== 'from_baselines') {
    const fixed = protocol.weights
    const values = normalise(benchmarks, (benchmark) => {
      const weight = fixed[benchmark]
      if (weight !== undefined) return weight
      throw new BenchError(`protocol ${protocol.id} gives no weight for ${benchmark}`, {
        code: 'protocol/weight_missing',
        kind: 'usage',
        remedy: 'Give every benchmark of the protocol a weight, or use from_baselines.',
      })
    })
    return {
      source: 'protocol',
      note: `Weights (${list(values)}) are fixed by the protocol.${partial}`,
      values,
      gaps,
    }
  }
  const unusable = benchmarks.filter((benchmark) => !((gaps.get(benchmark) ?? 0) > 0))
  if (unusable.length > 0) {
    const why = unusable.map((benchmark) =>
      gaps.has(benchmark)
        ? `on ${benchmark} the instruction-tuned siblings are not above the base models`
        : `${benchmark} lacks baselines`,
    )
    return {
      source: 'equal',
      note: `Weights are equal, because they cannot follow from the baselines: ${why.join('; ')}.${partial}`,
      values: normalise(benchmarks, () => 1),
      gaps,
    }
  }
  const values = normalise(benchmarks, (benchmark) => 1 / (gaps.get(benchmark) ?? Number.NaN))
  return {
    source: 'baselines',
    note: `Weights (${list(values)}) follow from the experiment's own baselines: proportional to 1 / (instruct - base zero-shot).${partial}`,
    values,
    gaps,
  }
}

function list(weights: ReadonlyMap<string, number>): string {
  return [...weights].map(([benchmark, weight]) => `${benchmark} ${weight.toFixed(2)}`).join(', ')
}

function gapOf(benchmark: string, baseModels: readonly string[], baselines: Baselines): number | null {
  const gaps = baseModels.map((baseModel) => {
    const instruct = baselines.find('instruct', baseModel, benchmark)
    const base = baselines.find('base_zero_shot', baseModel, benchmark)
    return instruct === null || base === null ? null : instruct.score.accuracy - base.score.accuracy
  })
  const known = gaps.filter((gap) => gap !== null)
  return known.length === gaps.length && known.length > 0 ? mean(known) : null
}

function normalise(
  benchmarks: readonly string[],
  weightOf: (benchmark: string) => number,
): Map<string, number> {
  const raw = benchmarks.map((benchmark): [string, number] => [benchmark, weightOf(benchmark)])
  const total = raw.reduce((sum, [, weight]) => sum + weight, 0)
  return new Map(raw.map(([benchmark, weight]) => [benchmark, weight / total]))
}

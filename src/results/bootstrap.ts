import { sha256 } from '../lib/hash.ts'
import { createRng, type Rng } from '../lib/rng.ts'
import { normalQuantile } from '../lib/stats.ts'
import { resampleItemMeans } from './item-resampling.ts'
import type { Measurement } from './measurement.ts'

export interface Bootstrap {
  readonly resamples: number
  /** What the measurement might have been with other items of the same kind; the same array every time. */
  measurement(measurement: Measurement): Float64Array
  /** What the mean of a cell might have been with other runs as well. `key` names the cell. */
  cell(key: string, runs: readonly Measurement[]): Float64Array
  /** How many of the measurements drawn had the score of every item at hand, and how many had not. */
  usage(): { readonly resampled: number; readonly binomial: number }
}

/**
 * Two-level bootstrap (docs/statistics.md). Items: every model was asked the same ones, so each resample draws the
 * items of a benchmark once, for all models. Runs: R - 1 of a cell's R runs are drawn with replacement, which makes
 * the variance of their mean s^2 / R without bias (McCarthy & Snowden 1985; drawing R would understate it by
 * (R - 1) / R: a third for three runs). Every stream of random numbers is named after what it draws, so that one row
 * does not change another's interval.
 */
export function createBootstrap(options: {
  readonly seed: number
  readonly resamples: number
  /** Everything that may be drawn: settles which items each benchmark has. */
  readonly measurements: readonly Measurement[]
}): Bootstrap {
  const { seed, resamples } = options
  const itemIds = listItems(options.measurements)
  const itemDraws = new Map<string, readonly Uint32Array[]>()
  const aligned = new Map<Measurement, Float64Array | null>()
  const resampled = new Map<string, ReadonlyMap<string, Float64Array>>()
  const drawn = new Map<string, Float64Array>()
  const usage = { resampled: 0, binomial: 0 }

  function stream(name: string): Rng {
    return createRng(Number.parseInt(sha256(`${seed}/${name}`).slice(0, 12), 16))
  }

  /** How often each item occurs in each resample of a benchmark. */
  function drawItems(benchmark: string, count: number): readonly Uint32Array[] {
    const known = itemDraws.get(benchmark)
    if (known !== undefined) return known
    const rng = stream(`items/${benchmark}`)
    const draws = Array.from({ length: resamples }, () => {
      const counts = new Uint32Array(count)
      for (let drawn = 0; drawn < count; drawn++) {
        const item = rng.int(0, count - 1)
        counts[item] = (counts[item] ?? 0) + 1
      }
      return counts
    })
    itemDraws.set(benchmark, draws)
    return draws
  }

  function align(measurement: Measurement): Float64Array | null {
    const known = aligned.get(measurement)
    if (known !== undefined) return known
    const values = alignValues(measurement, itemIds.get(measurement.benchmark))
    aligned.set(measurement, values)
    return values
  }

  function resampleItems(measurement: Measurement, values: Float64Array): Float64Array {
    const draws = drawItems(measurement.benchmark, values.length)
    const known = resampleBenchmark(measurement.benchmark, draws).get(measurement.key)
    if (known !== undefined) return known
    return Float64Array.from(draws, (counts) => {
      let sum = 0
      for (let item = 0; item < values.length; item++) sum += (counts[item] ?? 0) * (values[item] ?? 0)
      return sum / values.length
    })
  }

  /** All measurements of a benchmark at once, by key; those with values other than 0 and 1 are left out. */
  function resampleBenchmark(
    benchmark: string,
    draws: readonly Uint32Array[],
  ): ReadonlyMap<string, Float64Array> {
    const known = resampled.get(benchmark)
    if (known !== undefined) return known
    const models = new Map<string, Float64Array>()
    for (const measurement of options.measurements) {
      if (measurement.benchmark !== benchmark || models.has(measurement.key)) continue
      const values = align(measurement)
      if (values !== null) models.set(measurement.key, values)
    }
    const keys = [...models.keys()]
    const means = new Map<string, Float64Array>()
    for (const [index, drawn] of resampleItemMeans(draws, [...models.values()]).entries()) {
      const key = keys[index]
      if (key !== undefined && drawn !== null) means.set(key, drawn)
    }
    resampled.set(benchmark, means)
    return means
  }

  function drawBinomial({ key, score }: Measurement): Float64Array {
    const rng = stream(`binomial/${key}`)
    return Float64Array.from({ length: resamples }, () => {
      let successes = 0
      for (let item = 0; item < score.items; item++) if (rng.next() < score.accuracy) successes++
      return score.items === 0 ? score.accuracy : successes / score.items
    })
  }

  /**
   * All items right, or none, has no spread to resample, yet is not certain: the chance of success is drawn from its
   * posterior under a uniform prior, Beta(1, n + 1) for none of n. So 0 of 40 reads [0.00, 0.09], as Wilson's does.
   */
  function drawExtreme({ key, score }: Measurement): Float64Array {
    const rng = stream(`extreme/${key}`)
    return Float64Array.from({ length: resamples }, () => {
      const distance = 1 - (1 - rng.next()) ** (1 / (score.items + 1))
      return score.accuracy === 0 ? distance : 1 - distance
    })
  }

  /** A program told a mean and its standard error, and not of how many items. */
  function drawNormal({ key, score }: Measurement): Float64Array {
    const rng = stream(`normal/${key}`)
    return Float64Array.from({ length: resamples }, () => {
      const middle = rng.next() + 2 ** -33 // never 0
      return Math.min(1, Math.max(0, score.accuracy + score.stderr * normalQuantile(middle)))
    })
  }

  return {
    resamples,
    usage: () => usage,
    measurement(measurement) {
      const known = drawn.get(measurement.key)
      if (known !== undefined) return known
      const values = align(measurement)
      const extreme = measurement.score.accuracy === 0 || measurement.score.accuracy === 1
      const draws =
        measurement.score.items === 0
          ? drawNormal(measurement)
          : extreme
            ? drawExtreme(measurement)
            : values === null
              ? drawBinomial(measurement)
              : resampleItems(measurement, values)
      usage[values === null ? 'binomial' : 'resampled']++
      drawn.set(measurement.key, draws)
      return draws
    },
    cell(key, runs) {
      const draws = runs.map((run) => this.measurement(run))
      const [only] = draws
      if (draws.length === 1 && only !== undefined) return only
      const rng = stream(`runs/${key}`)
      return Float64Array.from({ length: resamples }, (_, resample) => {
        let sum = 0
        for (let pick = 1; pick < draws.length; pick++)
          sum += draws[rng.int(0, draws.length - 1)]?.[resample] ?? Number.NaN
        return sum / (draws.length - 1)
      })
    },
  }
}

/** Items of each benchmark in a fixed order, from a measurement that has them all. */
function listItems(measurements: readonly Measurement[]): Map<string, readonly string[]> {
  const items = new Map<string, readonly string[]>()
  for (const { benchmark, values } of measurements.toSorted((a, b) => (a.key < b.key ? -1 : 1)))
    if (values !== null && !items.has(benchmark)) items.set(benchmark, [...values.keys()].sort())
  return items
}

/** The scores in the order of the items; `null` when they are not of just these items. */
function alignValues({ values }: Measurement, ids: readonly string[] | undefined): Float64Array | null {
  if (values === null || ids === undefined || values.size !== ids.length) return null
  const aligned = new Float64Array(ids.length)
  for (let index = 0; index < ids.length; index++) {
    const value = values.get(ids[index] ?? '')
    if (value === undefined) return null
    aligned[index] = value
  }
  return aligned
}

import { expect, test } from 'vitest'
import { createRng, type Rng } from '../lib/rng.ts'
import { mean, percentileInterval, sampleSd } from '../lib/stats.ts'
import { createBootstrap } from './bootstrap.ts'
import type { Measurement } from './measurement.ts'

function measurementOf(key: string, values: readonly number[]): Measurement {
  return {
    key,
    benchmark: 'b',
    score: { items: values.length, accuracy: mean(values), stderr: 0, errors: 0, truncated: 0 },
    values: new Map(values.map((value, index) => [`item-${String(index).padStart(4, '0')}`, value])),
  }
}

function gaussian(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
}

/** Scores of runs on the same items, which differ in difficulty as runs do in skill; the true mean is 0.5. */
function simulateRuns(rng: Rng, runs: number, items: number, runSd: number): Measurement[] {
  const difficulty = Array.from({ length: items }, () => 0.1 + 0.8 * rng.next())
  return Array.from({ length: runs }, (_, run) => {
    const skill = runSd * gaussian(rng)
    return measurementOf(
      `run/${run}`,
      difficulty.map((chance) => (rng.next() < chance + skill ? 1 : 0)),
    )
  })
}

/** How often a nominal 95 % interval holds the truth, and how its spread compares with that of the score itself. */
function simulate(runs: number, items: number, runSd: number): { coverage: number; spread: number } {
  const rng = createRng(5)
  const trials = Array.from({ length: 250 }, (_, seed) => {
    const measurements = simulateRuns(rng, runs, items, runSd)
    const draws = createBootstrap({ seed, resamples: 250, measurements }).cell('cell', measurements)
    const { low, high } = percentileInterval(draws)
    return {
      holds: low <= 0.5 && high >= 0.5,
      score: mean(measurements.map(({ score }) => score.accuracy)),
      sd: sampleSd(draws) ?? 0,
    }
  })
  return {
    coverage: trials.filter(({ holds }) => holds).length / trials.length,
    spread: mean(trials.map(({ sd }) => sd)) / (sampleSd(trials.map(({ score }) => score)) ?? 1),
  }
}

test.each([
  ['one run', 1, 40, 0, 0.93, 1],
  ['three runs that differ as much as items do', 3, 40, 0.1, 0.95, 1.25],
  ['three runs that differ far more than items do', 3, 300, 0.1, 0.85, 1],
  ['three runs that differ by chance only', 3, 100, 0, 0.95, 1.4],
])('%s: coverage and spread are what docs/statistics.md says', (_name, runs, items, runSd, covers, wider) => {
  const { coverage, spread } = simulate(runs, items, runSd)
  expect(coverage).toBeGreaterThanOrEqual(covers)
  expect(Math.abs(spread - wider)).toBeLessThan(0.15)
})

test('an easy draw of items is easy for every model', () => {
  const values = Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? 0 : 1))
  const [one, other] = [measurementOf('a', values), measurementOf('b', values)]
  const bootstrap = createBootstrap({ seed: 1, resamples: 100, measurements: [one, other] })
  expect(bootstrap.measurement(one)).toEqual(bootstrap.measurement(other))
})

test('items that do not match those of the others are not drawn with them', () => {
  const values = Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? 0 : 1))
  const stranger = {
    ...measurementOf('b', values),
    values: new Map(values.map((value, index) => [`x${index}`, value])),
  }
  const measurements = [measurementOf('a', values), stranger]
  const bootstrap = createBootstrap({ seed: 1, resamples: 100, measurements })
  for (const measurement of measurements) bootstrap.measurement(measurement)
  expect(bootstrap.usage()).toEqual({ resampled: 1, binomial: 1 })
})

test('a score of which only the standard error is known is drawn with that, within 0 and 1', () => {
  const told = (accuracy: number, stderr: number): Measurement => ({
    key: String(accuracy),
    benchmark: 'b',
    score: { items: 0, accuracy, stderr, errors: 0, truncated: 0 },
    values: null,
  })
  const measurements = [told(0.5, 0.1), told(0, 0.1), told(1, 0)] as const
  const bootstrap = createBootstrap({ seed: 1, resamples: 2000, measurements })
  const [middle, bottom, certain] = measurements.map((one) => percentileInterval(bootstrap.measurement(one)))
  expect(middle?.low).toBeCloseTo(0.5 - 1.96 * 0.1, 1)
  expect(middle?.high).toBeCloseTo(0.5 + 1.96 * 0.1, 1)
  expect(bottom?.low).toBe(0)
  expect(certain).toEqual({ low: 1, high: 1 })
})

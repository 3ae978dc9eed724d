import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  binomialTail,
  clusterBootstrap,
  comparePaired,
  fisherOneSided,
  mean,
  meanAboveP,
  normalCdf,
  normalQuantile,
  quantile,
  sampleSd,
  standardError,
  twoProportionP,
  wilsonInterval,
} from './stats.ts'

test('mean and standard deviation match the certified values of NIST StRD NumAcc1', () => {
  expect(mean([10_000_001, 10_000_003, 10_000_002])).toBe(10_000_002)
  expect(sampleSd([10_000_001, 10_000_003, 10_000_002])).toBe(1)
})

test('spread does not exist for one value, and the mean not for none', () => {
  expect(sampleSd([3])).toBeNull()
  expect(standardError([3])).toBeNull()
  expect(() => mean([])).toThrow(RangeError)
})

test('quantile interpolates as type 7 of Hyndman & Fan', () => {
  const oneToTen = [10, 2, 3, 4, 5, 6, 7, 8, 9, 1]
  expect(quantile(oneToTen, 0.25)).toBe(3.25)
  expect(quantile(oneToTen, 0.5)).toBe(5.5)
  expect(quantile(oneToTen, 0)).toBe(1)
  expect(quantile(oneToTen, 1)).toBe(10)
})

test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('Wilson interval of %d/%d is that of Newcombe 1998, table I', (successes, trials, low, high) => {
  const interval = wilsonInterval(successes, trials)
  expect(interval.low).toBeCloseTo(low, 4)
  expect(interval.high).toBeCloseTo(high, 4)
})

test('Wilson interval lies in [0, 1] and holds the proportion', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
      const successes = Math.round(n * share)
      const { low, high } = wilsonInterval(successes, n)
      expect(low).toBeGreaterThanOrEqual(0)
      expect(high).toBeLessThanOrEqual(1)
      expect(low).toBeLessThanOrEqual(successes / n)
      expect(high).toBeGreaterThanOrEqual(successes / n)
    }),
  )
})

describe('normal distribution', () => {
  test.each([
    [0, 0.5],
    [1, 0.841344746068543],
    [1.96, 0.97500210485178],
    [-2.5, 0.00620966532577614],
    [-3, 0.00134989803163009],
    [-6, 9.86587645037698e-10],
  ])('the function at %d is that of Abramowitz & Stegun, table 26.1', (z, p) => {
    expect(normalCdf(z) / p).toBeCloseTo(1, 12)
  })

  test('the quantile is its inverse', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12)
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (p) => {
        expect(normalCdf(normalQuantile(p)) / p).toBeCloseTo(1, 8)
      }),
    )
  })
})

describe('clusterBootstrap', () => {
  /** Treatment group of the mouse data in Efron & Tibshirani 1993, table 2.1. */
  const mice = [94, 197, 16, 38, 99, 141, 23]

  test('gives the ideal standard error of the mouse data, Efron & Tibshirani table 2.2', () => {
    const result = clusterBootstrap(
      mice.map((value) => [value]),
      { seed: 1, resamples: 20_000 },
    )
    expect(result.mean).toBeCloseTo(86.86, 2)
    expect(Math.abs(result.stderr - 23.36)).toBeLessThan(0.5)
  })

  test('a seed gives the same result on every machine', () => {
    const options = { seed: 7, resamples: 200 }
    expect(clusterBootstrap([[0, 1], [1]], options)).toEqual(clusterBootstrap([[0, 1], [1]], options))
    expect(clusterBootstrap([mice], options)).not.toEqual(clusterBootstrap([mice.slice(1), [94]], options))
  })

  test('copies of a value inside its cluster add no certainty', () => {
    const single = clusterBootstrap([[0], [1], [1], [0]], { seed: 3 })
    const copied = clusterBootstrap(
      [0, 1, 1, 0].map((value) => [value, value, value, value]),
      { seed: 3 },
    )
    expect(copied).toEqual(single)
  })
})

describe('comparePaired', () => {
  /** Student's sleep data (Biometrika 6 (1908) 1), hours gained with either drug. */
  const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
  const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]

  test("gives mean and standard error of Student's sleep data, and its exact p", () => {
    const result = comparePaired(second, first, { seed: 1 })
    expect(result.difference).toBeCloseTo(1.58, 10)
    expect(result.stderr).toBeCloseTo(0.389, 4)
    // no difference is negative: of 2^9 patterns only the observed one and its mirror are as extreme
    expect(result.p).toBe(2 / 512)
  })

  test('the sampled p agrees with the exact one', () => {
    const wide = Array.from({ length: 30 }, (_, index) => (index % 3 === 0 ? -1 : 1))
    const { p } = comparePaired(
      wide,
      wide.map(() => 0),
      { seed: 5 },
    )
    // binomial: at most 10 or at least 20 heads of 30
    expect(Math.abs(p - 0.0987)).toBeLessThan(0.01)
  })

  test('equal models are not told apart', () => {
    expect(comparePaired([1, 0, 1], [1, 0, 1], { seed: 1 })).toMatchObject({ difference: 0, p: 1 })
  })

  test('swapping the models mirrors the result', () => {
    const values = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 20, maxLength: 20 })
    fc.assert(
      fc.property(values, values, (a, b) => {
        const one = comparePaired(a, b, { seed: 2, resamples: 200 })
        const other = comparePaired(b, a, { seed: 2, resamples: 200 })
        expect(other.difference).toBeCloseTo(-one.difference, 12)
        expect(other.low).toBeCloseTo(-one.high, 12)
        expect(other.p).toBeCloseTo(one.p, 12)
      }),
      { numRuns: 40 },
    )
  })
})

describe('twoProportionP', () => {
  test('smokers and non-smokers of Penn State STAT 415, example 9.4: z = 8.99', () => {
    const p = twoProportionP({ successes: 351, trials: 605 }, { successes: 41, trials: 195 })
    expect(normalQuantile(p)).toBeCloseTo(-8.99, 2)
  })

  test('is near 1 the other way round, and 1 without any variation', () => {
    expect(twoProportionP({ successes: 41, trials: 195 }, { successes: 351, trials: 605 })).toBeCloseTo(1, 12)
    expect(twoProportionP({ successes: 20, trials: 20 }, { successes: 30, trials: 30 })).toBe(1)
  })
})

describe('fisherOneSided', () => {
  test('the lady tasting tea: 3 of 4 against 1 of 4 has p = 17/70', () => {
    const p = fisherOneSided({ successes: 3, trials: 4 }, { successes: 1, trials: 4 })
    expect(p).toBeCloseTo(17 / 70, 12)
  })

  test('is the definition, a sum over all tables with the same margins', () => {
    const sizes = fc.integer({ min: 1, max: 25 })
    fc.assert(
      fc.property(sizes, sizes, fc.nat(25), fc.nat(25), (n, m, a, b) => {
        fc.pre(a <= n && b <= m)
        let [tail, all] = [0, 0]
        for (let k = 0; k <= Math.min(n, a + b); k++) {
          const ways = choose(n, k) * choose(m, a + b - k)
          all += ways
          if (k >= a) tail += ways
        }
        expect(
          fisherOneSided({ successes: a, trials: n }, { successes: b, trials: m }) / (tail / all),
        ).toBeCloseTo(1, 9)
      }),
    )
  })

  test('stays exact for counts whose single terms no double can hold', () => {
    const many = { successes: 1, trials: 3000 }
    expect(fisherOneSided(many, { successes: 2999, trials: 3000 })).toBeCloseTo(1, 9)
    expect(fisherOneSided({ successes: 3000, trials: 3000 }, many)).toBe(Number.MIN_VALUE)
  })
})

describe('meanAboveP', () => {
  const mean = (accuracy: number, items: number, stderr: number) => ({ accuracy, items, stderr })

  test('is exact where every item is right or wrong', () => {
    expect(meanAboveP(mean(0.75, 4, 0.25), mean(0.25, 4, 0.25))).toBeCloseTo(17 / 70, 12)
  })

  test('goes by the standard errors where items are scored in between', () => {
    // z = 4, Abramowitz & Stegun table 26.2
    expect(meanAboveP(mean(0.5005, 300, 0.01), mean(0.4605, 300, 0))).toBeCloseTo(3.167e-5, 8)
  })

  test('tells half right everywhere from wrong everywhere, though neither has a spread', () => {
    const p = meanAboveP(mean(0.5, 51, 0), mean(0, 51, 0))
    expect(p).toBe(fisherOneSided({ successes: 25, trials: 51 }, { successes: 0, trials: 51 }))
    expect(p).toBeLessThan(1e-8)
  })
})

function choose(n: number, k: number): number {
  if (k < 0 || k > n) return 0
  let ways = 1
  for (let index = 1; index <= k; index++) ways = (ways * (n - k + index)) / index
  return ways
}

describe('binomialTail', () => {
  test('agrees with hand-computed tails', () => {
    // 10 fair coins: 56 of 1024 ways give eight heads or more.
    expect(binomialTail({ successes: 8, trials: 10 }, 0.5)).toBeCloseTo(56 / 1024, 12)
    expect(binomialTail({ successes: 1, trials: 3 }, 0.1)).toBeCloseTo(1 - 0.9 ** 3, 12)
    expect(binomialTail({ successes: 0, trials: 3 }, 0.1)).toBe(1)
  })
  test('has a logarithm however unlikely', () => {
    expect(Math.log(binomialTail({ successes: 3000, trials: 3000 }, 0.001))).toBeGreaterThan(-Infinity)
  })
})

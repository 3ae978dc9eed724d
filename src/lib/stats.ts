import { createRng } from './rng.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

export function mean(values: ArrayLike<number>): number {
  if (values.length === 0) throw new RangeError('the mean of nothing does not exist')
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += values[index] ?? 0
  return sum / values.length
}

/** Sample standard deviation, n - 1 below the line; `null` for fewer than two values, where it does not exist. */
export function sampleSd(values: ArrayLike<number>): number | null {
  if (values.length < 2) return null
  const centre = mean(values)
  let squares = 0
  for (let index = 0; index < values.length; index++) squares += ((values[index] ?? 0) - centre) ** 2
  return Math.sqrt(squares / (values.length - 1))
}

/** Standard error of the mean, s / sqrt(n); `null` for fewer than two values. */
export function standardError(values: ArrayLike<number>): number | null {
  const sd = sampleSd(values)
  return sd === null ? null : sd / Math.sqrt(values.length)
}

/** Linear interpolation between order statistics: type 7 of Hyndman & Fan, The American Statistician 50 (1996) 361. */
export function quantile(values: ArrayLike<number>, p: number): number {
  if (values.length === 0) throw new RangeError('a quantile of nothing does not exist')
  if (!(p >= 0 && p <= 1)) throw new RangeError(`p must lie in [0, 1], not ${p}`)
  const sorted = Float64Array.from(values).sort()
  const position = (sorted.length - 1) * p
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below === above ? below : below + (above - below) * (position - Math.floor(position))
}

/** The central interval that holds `level` of the draws (percentile method: Efron & Tibshirani 1993, ch. 13). */
export function percentileInterval(draws: ArrayLike<number>, level = 0.95): Interval {
  return { low: quantile(draws, (1 - level) / 2), high: quantile(draws, (1 + level) / 2) }
}

/** Score interval of a proportion: Wilson, JASA 22 (1927) 209; recommended by Newcombe, Stat. Med. 17 (1998) 857. */
export function wilsonInterval(successes: number, trials: number, level = 0.95): Interval {
  if (!(trials > 0 && successes >= 0 && successes <= trials))
    throw new RangeError(`${successes} of ${trials} is no proportion`)
  const z = normalQuantile((1 + level) / 2)
  const p = successes / trials
  const denominator = 1 + z ** 2 / trials
  const centre = (p + z ** 2 / (2 * trials)) / denominator
  const half = (z / denominator) * Math.sqrt((p * (1 - p)) / trials + z ** 2 / (4 * trials ** 2))
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
  }
}

export interface BootstrapOptions {
  readonly seed: number
  readonly resamples?: number
  readonly level?: number
}

export interface BootstrapResult extends Interval {
  readonly mean: number
  /** Standard deviation of the resampled means. */
  readonly stderr: number
}

/**
 * Mean of all values with whole clusters resampled with replacement, for values that are alike within a cluster
 * (Field & Welsh, J. R. Stat. Soc. B 69 (2007) 369). Clusters of one value give the ordinary bootstrap.
 */
export function clusterBootstrap(
  clusters: readonly (readonly number[])[],
  { seed, resamples = 2000, level = 0.95 }: BootstrapOptions,
): BootstrapResult {
  const filled = clusters.filter((cluster) => cluster.length > 0)
  const totals = filled.map((cluster) => ({ sum: mean(cluster) * cluster.length, size: cluster.length }))
  const rng = createRng(seed)
  const draws = Float64Array.from({ length: resamples }, () => {
    let sum = 0
    let size = 0
    for (let drawn = 0; drawn < totals.length; drawn++) {
      const cluster = rng.pick(totals)
      sum += cluster.sum
      size += cluster.size
    }
    return sum / size
  })
  return { mean: mean(filled.flat()), stderr: sampleSd(draws) ?? 0, ...percentileInterval(draws, level) }
}

export interface PairedComparison extends Interval {
  /** mean(a) - mean(b). */
  readonly difference: number
  /** Of the difference, from the item-wise differences: Miller, arXiv 2411.00640, section 4.2. */
  readonly stderr: number
  /** Two-sided, of the hypothesis that either sign of every difference was equally likely. */
  readonly p: number
}

/** Up to this many pairs every pattern of signs is tried; beyond, a seeded sample of them. */
const exactPairs = 14

/**
 * Compares two models on the same items. The p-value is Fisher's randomisation test over the signs of the
 * differences (The Design of Experiments, 1935, section 21); sampled patterns count (hits + 1) / (draws + 1)
 * (Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39), so that p is never 0.
 */
export function comparePaired(
  a: readonly number[],
  b: readonly number[],
  { seed, resamples = 10_000, level = 0.95 }: BootstrapOptions,
): PairedComparison {
  if (a.length !== b.length) throw new RangeError(`${a.length} values cannot be paired with ${b.length}`)
  const differences = a.map((value, index) => value - (b[index] ?? 0))
  const difference = mean(differences)
  const stderr = standardError(differences) ?? 0
  const half = normalQuantile((1 + level) / 2) * stderr
  // flipping the sign of a zero changes nothing, so ties need no draws
  const moving = differences.filter((value) => value !== 0)
  return {
    difference,
    stderr,
    low: difference - half,
    high: difference + half,
    p: moving.length <= exactPairs ? exactSignFlipP(moving) : sampledSignFlipP(moving, seed, resamples),
  }
}

function exactSignFlipP(differences: readonly number[]): number {
  const observed = Math.abs(sumOf(differences))
  const patterns = 2 ** differences.length
  let asExtreme = 0
  for (let pattern = 0; pattern < patterns; pattern++) {
    const sum = sumOf(differences.map((value, bit) => ((pattern >> bit) & 1 ? -value : value)))
    if (Math.abs(sum) >= observed - rounding) asExtreme++
  }
  return asExtreme / patterns
}

function sampledSignFlipP(differences: readonly number[], seed: number, draws: number): number {
  const rng = createRng(seed)
  const observed = Math.abs(sumOf(differences))
  let asExtreme = 0
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    for (const value of differences) sum += rng.next() < 0.5 ? -value : value
    if (Math.abs(sum) >= observed - rounding) asExtreme++
  }
  return (asExtreme + 1) / (draws + 1)
}

/** Sums of the same terms in another order differ by this little. */
const rounding = 1e-9

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

export interface Proportion {
  readonly successes: number
  readonly trials: number
}

/**
 * One-sided p-value of the hypothesis that the first proportion is not above the second: pooled z test
 * (Fleiss, Levin & Paik, Statistical Methods for Rates and Proportions, 3rd ed., section 3.1, without the
 * continuity correction). When all or none of both succeeded there is nothing to tell them apart: 1.
 */
export function twoProportionP(first: Proportion, second: Proportion): number {
  const pooled = (first.successes + second.successes) / (first.trials + second.trials)
  const variance = pooled * (1 - pooled) * (1 / first.trials + 1 / second.trials)
  if (!(variance > 0)) return 1
  return normalCdf(-(first.successes / first.trials - second.successes / second.trials) / Math.sqrt(variance))
}

/**
 * One-sided p-value of the same hypothesis by Fisher's exact test: the probability of at least as many successes in the
 * first group, given the total of successes in both (hypergeometric tail; The Design of Experiments, 1935, section 11).
 */
export function fisherOneSided(first: Proportion, second: Proportion): number {
  const successes = first.successes + second.successes
  const logFactorials = logFactorialsTo(first.trials + second.trials)
  const logChoose = (n: number, k: number): number =>
    (logFactorials[n] ?? 0) - (logFactorials[k] ?? 0) - (logFactorials[n - k] ?? 0)
  const logTotal = logChoose(first.trials + second.trials, successes)
  const least = Math.max(first.successes, successes - second.trials)
  let p = 0
  for (let k = least; k <= Math.min(first.trials, successes); k++)
    p += Math.exp(logChoose(first.trials, k) + logChoose(second.trials, successes - k) - logTotal)
  return Math.min(1, Math.max(p, Number.MIN_VALUE))
}

/** Probability of at least so many successes when each trial succeeds with `rate`: the binomial tail. Never 0. */
export function binomialTail({ successes, trials }: Proportion, rate: number): number {
  if (successes <= 0) return 1
  const logFactorials = logFactorialsTo(trials)
  let p = 0
  for (let k = Math.ceil(successes); k <= trials; k++) {
    const logChoose =
      (logFactorials[trials] ?? 0) - (logFactorials[k] ?? 0) - (logFactorials[trials - k] ?? 0)
    p += Math.exp(logChoose + k * Math.log(rate) + (trials - k) * Math.log1p(-rate))
  }
  return Math.min(1, Math.max(p, Number.MIN_VALUE))
}

function logFactorialsTo(n: number): Float64Array {
  const logs = new Float64Array(n + 1)
  for (let k = 2; k <= n; k++) logs[k] = (logs[k - 1] ?? 0) + Math.log(k)
  return logs
}

/** Mean of scores between 0 and 1 over items. */
export interface ItemMean {
  readonly accuracy: number
  readonly items: number
  readonly stderr: number
}

/**
 * One-sided p-value of the hypothesis that the first mean is not above the second. Exact where every item is right or
 * wrong; by the standard errors where items are scored in between, as over several passes. Without any spread the
 * counts are rounded against the difference and compared exactly. Never 0, so that its logarithm is finite.
 */
export function meanAboveP(first: ItemMean, second: ItemMean): number {
  const counts = [first.accuracy * first.items, second.accuracy * second.items]
  const whole = counts.every((count) => Math.abs(count - Math.round(count)) < 1e-6)
  const stderr = Math.hypot(first.stderr, second.stderr)
  if (!whole && stderr > 0)
    return Math.max(normalCdf((second.accuracy - first.accuracy) / stderr), Number.MIN_VALUE)
  const [a = 0, b = 0] = counts
  return fisherOneSided(
    { successes: Math.floor(a + 1e-6), trials: first.items },
    { successes: Math.ceil(b - 1e-6), trials: second.items },
  )
}

/** Standard normal distribution function, to about 1e-14 of its value also far out in the tails. */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z / Math.SQRT2)
}

/** Inverse of `normalCdf`, by bisection. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`p must lie in (0, 1), not ${p}`)
  let low = -40
  let high = 40
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2
    if (normalCdf(middle) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Series 7.1.6 of Abramowitz & Stegun near the centre, continued fraction 7.1.14 in the tails. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x)
  if (x < 2) {
    let term = x
    let sum = x
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x ** 2) / (2 * n + 1)
      sum += term
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-(x ** 2)) * sum
  }
  let fraction = x
  for (let n = 120; n > 0; n--) fraction = x + n / 2 / fraction
  return Math.exp(-(x ** 2)) / (Math.sqrt(Math.PI) * fraction)
}

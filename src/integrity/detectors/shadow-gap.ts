import type { Detector, SealedEvidence } from '../../domain/detector.ts'
import type { Finding } from '../../domain/finding.ts'
import type { SetMetrics } from '../../domain/evaluation.ts'

/** Reported from here on; what counts against a run is the policy's matter. */
const reportedP = 0.01

/** Compares the score on the test items with that on fresh items of the same distribution. */
export const shadowGap = {
  id: 'shadow-gap',
  title: 'Test score against fresh items',
  version: 1,
  kinds: {
    test_above_shadow:
      'The accuracy on the test items is higher than on fresh items of the same kind; the measure is -log10 of the probability of so large a gap by chance.',
  },
  detect,
} satisfies Detector

function* detect({ metrics }: SealedEvidence): Iterable<Finding> {
  if (metrics === null || metrics.shadow === null) return
  const { test, shadow } = metrics
  if (test.items === 0 || shadow.items === 0 || test.accuracy <= shadow.accuracy) return
  const p = gapPValue(test, shadow)
  if (p > reportedP) return
  const percent = (accuracy: number): string => `${(100 * accuracy).toFixed(1)} %`
  yield {
    detector: shadowGap.id,
    kind: 'test_above_shadow',
    summary: `${percent(test.accuracy)} on the ${test.items} test items but ${percent(shadow.accuracy)} on ${shadow.items} fresh ones (p = ${p.toPrecision(2)}).`,
    measure: -Math.log10(p),
    evidence: [
      {
        numbers: {
          test_accuracy: test.accuracy,
          test_items: test.items,
          shadow_accuracy: shadow.accuracy,
          shadow_items: shadow.items,
          gap: test.accuracy - shadow.accuracy,
          p_value: p,
        },
      },
    ],
  }
}

/** One-sided. Exact where every item is right or wrong; by the standard errors where items are scored in between. */
export function gapPValue(test: SetMetrics, shadow: SetMetrics): number {
  const right = [test, shadow].map(({ accuracy, items }) => accuracy * items)
  const whole = right.every((count) => Math.abs(count - Math.round(count)) < 1e-6)
  const [testRight = 0, shadowRight = 0] = right.map(Math.round)
  if (whole) return fisherOneSided(testRight, test.items, shadowRight, shadow.items)
  const stderr = Math.hypot(test.stderr, shadow.stderr)
  return stderr === 0 ? 1 : normalTail((test.accuracy - shadow.accuracy) / stderr)
}

/**
 * Fisher's exact test: the probability of at least `a` successes in the first group of `n`, given the total of
 * successes in both (hypergeometric tail). Never 0, so that its logarithm is finite.
 */
export function fisherOneSided(a: number, n: number, b: number, m: number): number {
  const successes = a + b
  const logTotal = logChoose(n + m, successes)
  let p = 0
  for (let k = a; k <= Math.min(n, successes); k++)
    p += Math.exp(logChoose(n, k) + logChoose(m, successes - k) - logTotal)
  return Math.min(1, Math.max(p, Number.MIN_VALUE))
}

function logChoose(n: number, k: number): number {
  return k < 0 || k > n ? -Infinity : logFactorial(n) - logFactorial(k) - logFactorial(n - k)
}

function logFactorial(n: number): number {
  let sum = 0
  for (let k = 2; k <= n; k++) sum += Math.log(k)
  return sum
}

/** P(Z > z), Abramowitz and Stegun 26.2.17; absolute error below 7.5e-8. */
function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z)
  const t = 1 / (1 + 0.2316419 * z)
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return Math.max(density * series, Number.MIN_VALUE)
}

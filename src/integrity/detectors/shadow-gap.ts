import type { Detector, SealedEvidence } from '../../domain/detector.ts'
import type { Finding } from '../../domain/finding.ts'
import { meanAboveP } from '../../lib/stats.ts'

/** Reported from here on; what counts against a run is the policy's matter. */
const reportedP = 0.01

/** Compares the score on the test items with that on fresh items of the same distribution. */
export const shadowGap = {
  id: 'shadow-gap',
  title: 'Test score against fresh items',
  version: 2,
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
  const p = meanAboveP(test, shadow)
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

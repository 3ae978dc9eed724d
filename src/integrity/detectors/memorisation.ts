import type { Detector, SealedEvidence } from '../../domain/detector.ts'
import type { Finding } from '../../domain/finding.ts'
import { binomialTail, meanAboveP } from '../../lib/stats.ts'

/** Reported from here on; what counts against a run is the policy's matter. */
const reportedP = 0.01

/**
 * Look-up by behaviour. Items whose decisive part was cut out can only be answered by guessing, or by heart. It needs no
 * trace in the workspace, so it sees what was re-worded, encrypted or deleted. Who learned single items answers those of
 * the test more often than fresh ones; who learned what only the test holds answers both, but more often than by chance.
 */
export const memorisation = {
  id: 'memorisation',
  title: 'Answers known by heart',
  version: 1,
  kinds: {
    answers_cut_items:
      'Test items without their decisive part are answered right more often than fresh ones; the measure is -log10 of the probability of that by chance.',
    beats_chance_on_cut_items:
      "Items without their decisive part are answered right more often than the benchmark's chance of guessing them; the measure is -log10 of the probability of that.",
  },
  detect,
} satisfies Detector

type Probe = NonNullable<NonNullable<SealedEvidence['metrics']>['probe']>

function* detect({ metrics }: SealedEvidence): Iterable<Finding> {
  const probe = metrics?.probe ?? null
  if (probe === null || probe.test.items === 0) return
  yield* compareWithFresh(probe)
  yield* compareWithChance(probe)
}

function* compareWithFresh({ test, shadow, chance }: Probe): Iterable<Finding> {
  if (shadow.items === 0 || test.accuracy <= shadow.accuracy) return
  const p = meanAboveP(test, shadow)
  if (p > reportedP) return
  yield finding(
    'answers_cut_items',
    p,
    `${countRight(test)} of ${test.items} test items are answered without what decides their answer, but ${countRight(shadow)} of ${shadow.items} fresh ones`,
    { test, shadow, chance },
  )
}

function* compareWithChance({ test, shadow, chance }: Probe): Iterable<Finding> {
  const [right, items] = [countRight(test) + countRight(shadow), test.items + shadow.items]
  const p = binomialTail({ successes: Math.floor(right), trials: items }, chance)
  if (p > reportedP) return
  yield finding(
    'beats_chance_on_cut_items',
    p,
    `${right} of ${items} items, test and fresh, are answered without what decides their answer; guessing gives at most ${(100 * chance).toFixed(0)} %`,
    { test, shadow, chance },
  )
}

function finding(
  kind: keyof typeof memorisation.kinds,
  p: number,
  summary: string,
  { test, shadow, chance }: Probe,
): Finding {
  return {
    detector: memorisation.id,
    kind,
    summary: `${summary} (p = ${p.toPrecision(2)}).`,
    measure: -Math.log10(p),
    evidence: [
      {
        numbers: {
          test_rate: test.accuracy,
          test_right: countRight(test),
          test_items: test.items,
          shadow_rate: shadow.accuracy,
          shadow_right: countRight(shadow),
          shadow_items: shadow.items,
          chance,
          p_value: p,
        },
      },
    ],
  }
}

/** To a hundredth, where items are right in some passes only. */
function countRight({ accuracy, items }: Probe['test']): number {
  return Math.round(accuracy * items * 100) / 100
}

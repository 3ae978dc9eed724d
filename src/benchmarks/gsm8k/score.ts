import type { Item, Score } from '../../domain/benchmark.ts'
import type { ScoringRules } from '../../domain/scoring.ts'
import { matchNumber, matchSignedNumber } from '../../lib/scoring/match-number.ts'
import { splitThinking } from '../../lib/scoring/thinking.ts'
import { toScore } from '../../lib/scoring/verdict.ts'

/**
 * The last number of the answer against the target; boxes are not opened. 16 of the 1319 targets have a comma or a minus:
 * `suffix` compares those as text, `exact` as numbers.
 */
export function scoreGsm8k(
  { target }: Pick<Item, 'target'>,
  { text }: { readonly text: string },
  { numericMatch }: Pick<ScoringRules, 'numericMatch'>,
): Score {
  const visible = splitThinking(text).text
  return toScore(
    numericMatch === 'exact'
      ? matchSignedNumber({ text: visible, target })
      : matchNumber({ text: visible, target, comparison: 'suffix' }),
  )
}

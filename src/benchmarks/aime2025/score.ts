import type { Item, Score } from '../../domain/benchmark.ts'
import type { ScoringRules } from '../../domain/scoring.ts'
import { matchNumber } from '../../lib/scoring/match-number.ts'
import { removeBoxed } from '../../lib/scoring/remove-boxed.ts'
import { splitThinking } from '../../lib/scoring/thinking.ts'
import { toScore } from '../../lib/scoring/verdict.ts'

/** The last number of the answer, boxes opened, against the target. */
export function scoreAime(
  { target }: Pick<Item, 'target'>,
  { text }: { readonly text: string },
  { numericMatch }: Pick<ScoringRules, 'numericMatch'>,
): Score {
  const visible = removeBoxed(splitThinking(text).text)
  return toScore(matchNumber({ text: visible, target, comparison: numericMatch }))
}

import type { Item, Score } from '../../domain/benchmark.ts'
import { parseChoice } from '../../lib/scoring/parse-choice.ts'
import { splitThinking } from '../../lib/scoring/thinking.ts'

const choiceCount = 4

/** The target is the letter of the right choice, in the order that the model saw. */
export function scoreGpqa({ target }: Pick<Item, 'target'>, { text }: { readonly text: string }): Score {
  const answer = parseChoice({ text: splitThinking(text).text, choiceCount })
  return { value: answer === target ? 1 : 0, answer }
}

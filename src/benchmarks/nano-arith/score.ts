import type { Item, Score } from '../../domain/benchmark.ts'

/** The decimals are read as part of the number, so that `12.5` is not taken for `12`. */
const answerLine = /ANSWER:\s*(-?\d+(?:[.,]\d+)*)/g

/** The number after the last `ANSWER:` that has one must be written exactly as the target is. */
export function scoreArith(item: Pick<Item, 'target'>, output: { readonly text: string }): Score {
  let answer: string | null = null
  for (const match of output.text.matchAll(answerLine)) answer = match[1] ?? null
  return { value: answer === item.target ? 1 : 0, answer }
}

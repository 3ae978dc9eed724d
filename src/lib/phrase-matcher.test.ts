import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPhraseMatcher } from './phrase-matcher.ts'

function findAll(
  phrases: readonly (readonly string[])[],
  text: readonly string[],
  options = { windowWords: 4, freeWords: 1 },
): { whole: string[]; windows: string[] } {
  const whole: string[] = []
  const windows: string[] = []
  const matcher = createPhraseMatcher(phrases, options, {
    whole: (phrase, line) => whole.push(`${phrase}@${line}`),
    window: (phrase, index, line) => windows.push(`${phrase}.${index}@${line}`),
  })
  matcher.reset()
  for (const [index, word] of text.entries()) matcher.word(word.replace('|', ''), index, word.startsWith('|'))
  matcher.end()
  return { whole, windows }
}

/** Few different words, so that phrases overlap and repeat themselves. */
const words = (maxLength: number): fc.Arbitrary<string[]> =>
  fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength })

test('finds what a search from every position finds', () => {
  fc.assert(
    fc.property(fc.array(words(9), { maxLength: 6 }), words(60), (phrases, text) => {
      const expected = phrases.flatMap((phrase, index) =>
        text.flatMap((_, at) =>
          phrase.every((word, offset) => text[at + offset] === word) ? [[at, index]] : [],
        ),
      )
      const { whole } = findAll(phrases, text)
      // A long phrase is reported with the position of its last window.
      const starts = whole.map((hit) => {
        const [phrase = 0, line = 0] = hit.split('@').map(Number)
        return [line - Math.max(0, (phrases[phrase]?.length ?? 0) - 4), phrase]
      })
      expect(starts.map(String).sort()).toEqual(expected.map(String).sort())
    }),
  )
})

test('reports each window of a long phrase, also of one that is cut', () => {
  expect(findAll([['a', 'b', 'c', 'd', 'e', 'f']], ['x', 'b', 'c', 'd', 'e', 'f', 'x'])).toEqual({
    whole: [],
    windows: ['0.1@1', '0.2@2'],
  })
})

test('wants delimiters on both sides of a short phrase', () => {
  const find = (...text: string[]): number =>
    findAll([['a', 'b']], text, { windowWords: 4, freeWords: 3 }).whole.length
  expect(find('x', '|a', 'b', '|x')).toBe(1)
  expect(find('|a', 'b')).toBe(1)
  expect(find('x', 'a', 'b', '|x')).toBe(0)
  expect(find('x', '|a', 'b', 'x')).toBe(0)
})

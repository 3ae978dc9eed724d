import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { limitRepetitions } from './limit-repetitions.ts'

test.each([
  ['five lines stay', 'a\n'.repeat(5), 'a\n'.repeat(5)],
  ['lines', `s\n${'line\n'.repeat(9)}e`, `s\n${'line\n'.repeat(5)}e`],
  ['blank lines', `a${'\n'.repeat(9)}b`, `a${'\n'.repeat(6)}b`],
  ['blocks', 'a1\nb1\n'.repeat(7).trim(), 'a1\nb1\n'.repeat(5).trim()],
  ['a torn last block', `${'one two\nthree\n'.repeat(8)}one t`, 'one two\nthree\n'.repeat(5).trim()],
  ['a tail that goes on otherwise', `${'ab\ncd\n'.repeat(8)}xy`, `${'ab\ncd\n'.repeat(5)}xy`],
  ['words', 'ha '.repeat(20), 'ha '.repeat(5)],
  ['a unit of one character counts from three on', 'a'.repeat(17), 'a'.repeat(17)],
  ['characters', 'a'.repeat(18), 'a'.repeat(15)],
  ['code points, not units', '😀'.repeat(18), '😀'.repeat(15)],
  ['units of 500', unit(500).repeat(7), unit(500).repeat(5)],
  ['units of 501 stay', unit(501).repeat(7), unit(501).repeat(7)],
])('%s', (_, text, limited) => {
  expect(limitRepetitions(text)).toBe(limited)
})

/** Without any repetition in it. */
function unit(length: number): string {
  return Array.from({ length }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('')
}

test('never longer, and what has been limited stays', () => {
  const part = fc.array(fc.constantFrom('a', 'b', ' ', '\n', '😀', 'sun ', '\ud800'), {
    minLength: 1,
    maxLength: 12,
  })
  const run = fc
    .tuple(part, fc.integer({ min: 1, max: 12 }))
    .map(([parts, count]) => parts.join('').repeat(count))
  fc.assert(
    fc.property(fc.array(run, { maxLength: 5 }), (runs) => {
      const text = runs.join('')
      const limited = limitRepetitions(text)
      expect(limited.length).toBeLessThanOrEqual(text.length)
      expect(limitRepetitions(limited)).toBe(limited)
    }),
    { numRuns: 500 },
  )
})

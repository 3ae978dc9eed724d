import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/any-text.ts'
import { parseChoice } from './parse-choice.ts'

test.each([
  ['ANSWER: B', 'B'],
  ['answer :\n B.', 'B'],
  ['ANSWER: B)', 'B'],
  ['**ANSWER: B**', 'B'],
  ['ANSWER: B. because', 'B'],
  ['anſwer: B', 'B'],
  ['the answer: B, I think', null],
  ['the answer: B or not', null],
  ['the answer: B\u0301', 'B'],
  ['ANSWER: b', null],
  ['ANSWER: (B)', null],
  ['ANSWER: B because', null],
  ['ANSWER: E', null],
  ['ANSWER:   \n(B)\nANSWER: B', null],
  ['Answer: we need x.\nANSWER: B', null],
  ['I say ANSWER: C now\nANSWER: B', 'B'],
  ['ANSWER: B\rC', 'B'],
  ['\u2028ANSWER: B', 'B'],
  ['The answer is B', null],
  ['', null],
])('%j is read as %s', (text, letter) => {
  expect(parseChoice({ text, choiceCount: 4 })).toBe(letter)
})

/** The published patterns, with Python's classes. They may take for ever, so only short texts are compared. */
const s = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u2028\\u3000]'
const head = `[aA][nN][sSſ][wW][eE][rR]${s}*:${s}*([A-Za-zİıſK\\p{Nd} ,]+)`
const strict = new RegExp(`(?<![^\\n])${head}${s}*(?:$|(?=\\n)|\\.)`, 'u')
const loose = new RegExp(`${head}(?:[^\\p{L}\\p{N}_]|$)`, 'u')

test('reads what the patterns read', () => {
  const part = fc.constantFrom(
    'ANSWER',
    'anſwer',
    ':',
    'A',
    'B',
    'x',
    ' ',
    '  ',
    '\n',
    '.',
    ',',
    '٣',
    '_',
    'é',
    '(',
    '\r',
    '\u0085',
    'İ',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
      const text = parts.join('')
      const group = (strict.exec(text) ?? loose.exec(text))?.[1]?.trim() ?? ''
      expect(parseChoice({ text, choiceCount: 4 })).toBe(/^[A-D]$/.test(group) ? group : null)
    }),
    { numRuns: 5000 },
  )
})

test('a million spaces are no trouble', () => {
  expect(parseChoice({ text: `ANSWER:${' '.repeat(1_000_000)}!`, choiceCount: 4 })).toBeNull()
})

test('never throws, and reads nothing but a letter of the choices', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 10 }), (tail, choiceCount) => {
      const choices = Array.from('ABCDEFGHIJ').slice(0, choiceCount)
      expect([null, ...choices]).toContain(parseChoice({ text: `ANSWER: ${tail}`, choiceCount }))
    }),
  )
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/any-text.ts'
import { matchNumber, matchSignedNumber } from './match-number.ts'
import type { Verdict } from './verdict.ts'

test.each([
  ['ANSWER: 18', '18', true, '18'],
  ['ANSWER: $18.00.', '18', true, '18'],
  ['ANSWER: 118', '18', true, '118'],
  ['ANSWER: 12.18', '18', true, '12.18'],
  ['x=18', '18', true, 'x=18'],
  ['x=18, for 2', '18', false, '2'],
  ['ANSWER: 18%', '18', false, '18%'],
  ['ANSWER: 100000', '5', true, '1e+05'],
  ['ANSWER: 118001', '118000', true, '1.18e+05'],
  ['ANSWER: 1.2.18', '18', false, '1.2'],
  ['ANSWER: .5', '5', true, '0.5'],
  ['ANSWER: 3²', '9', true, '9'],
  ['ANSWER: ¹⁸', '18', false, '1'],
  ['ANSWER: 4½', '4', false, '4.5'],
  ['ANSWER: ½²', '9', false, '0.25'],
  ['ANSWER: Ⅻ', '12', true, '12'],
  ['ANSWER: ①⑧', '18', true, '18'],
  ['ANSWER: 三十五', '35', true, '35'],
  ['ANSWER: 十万三百', '100300', true, '1.003e+05'],
  ['ANSWER: 一万零二十', '10020', true, '10020'],
  ['ANSWER: 三十五½', '5', true, '35.5'],
  ['ANSWER: 二〇二五.5', '5', true, '2025.5'],
  ['ANSWER: 三十²', '900', true, '900'],
  ['ANSWER: 5\u008518\u001f', '18', true, '18'],
  ['ANSWER: 18\ufeff', '18', false, '18\ufeff'],
  ['ANSWER: 2,125.', '2,125', true, 'ANSWER: 2,125.'],
  ['ANSWER: 2125', '2,125', false, 'ANSWER: 2125'],
  ['ANSWER: 110', '-10', true, 'ANSWER: 110'],
  ['', '18', false, ''],
  ['9'.repeat(400), '9', false, 'inf'],
])('suffix: %j against %s', (text, target, correct, answer) => {
  expect(matchNumber({ text, target, comparison: 'suffix' })).toEqual({ kind: 'scored', correct, answer })
})

test.each([
  ['½½', 'ValueError'],
  ['.10.00.50', 'ValueError'],
  ['፲፰', 'ValueError'],
  ['10⁹⁹⁹', 'OverflowError'],
  ['= 3*5²*13', 'OverflowError'],
  ['一'.repeat(400), 'OverflowError'],
  ['一'.repeat(4301), 'ValueError'],
])('%s fails as suffix, is wrong as exact', (text, error) => {
  expect(matchNumber({ text, target: '9', comparison: 'suffix' })).toMatchObject({ kind: 'failed', error })
  expect(matchNumber({ text, target: '9', comparison: 'exact' })).toMatchObject({
    kind: 'scored',
    correct: false,
  })
  expect(matchSignedNumber({ text, target: '9' })).toMatchObject({ kind: 'scored', correct: false })
})

test.each([
  ['ANSWER: 2,125', '2,125', true, '2125'],
  ['ANSWER: 12,125', '2,125', false, '12125'],
  ['ANSWER: -10', '-10', true, '-10'],
  ['ANSWER: 10', '-10', false, '10'],
  ['ANSWER: −10', '-10', false, '−10'],
  ['ANSWER: 123457', '123456', false, '123457'],
  ['ANSWER: ½', '0.5', true, '0.5'],
  ['ANSWER: -3½', '-3.5', true, '-3.5'],
  ['no number', '5', false, 'number'],
])('exact with a sign: %j against %s', (text, target, correct, answer) => {
  expect(matchSignedNumber({ text, target })).toEqual({ kind: 'scored', correct, answer })
})

const word = fc.constantFrom(
  '18',
  '7',
  '.',
  '²',
  '½',
  '十',
  '万',
  'Ⅻ',
  '①',
  '፲',
  '$',
  ',',
  '-',
  ' ',
  '\n',
  '\u0085',
  'x',
  '%',
  '٣',
  '*',
)
const texts = fc.oneof(
  anyText,
  fc.array(word, { maxLength: 12 }).map((parts) => parts.join('')),
)

test('never throws; what is right when exact is right as suffix', () => {
  fc.assert(
    fc.property(texts, fc.oneof(texts, fc.nat().map(String)), (text, target) => {
      const exact = matchNumber({ text, target, comparison: 'exact' })
      const suffix = matchNumber({ text, target, comparison: 'suffix' })
      expect(['scored', 'failed']).toContain(matchSignedNumber({ text, target }).kind)
      expect(isRight(exact) && !isRight(suffix)).toBe(false)
    }),
    { numRuns: 2000 },
  )
})

function isRight(verdict: Verdict): boolean {
  return verdict.kind === 'scored' && verdict.correct
}

test('a number that is added at the end is the answer', () => {
  fc.assert(
    fc.property(texts, fc.nat(99_999), (text, number) => {
      for (const comparison of ['exact', 'suffix'] as const)
        expect(matchNumber({ text: `${text} ${number}`, target: String(number), comparison })).toEqual({
          kind: 'scored',
          correct: true,
          answer: String(number),
        })
    }),
  )
})

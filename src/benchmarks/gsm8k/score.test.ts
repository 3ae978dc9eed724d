import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/any-text.ts'
import { scoreGsm8k } from './score.ts'

test.each([
  ['18', 'ANSWER: $18.00', 1, 1],
  ['18', 'ANSWER: 118', 1, 0],
  ['18', 'ANSWER: \\boxed{18}', 0, 0],
  ['2,125', 'ANSWER: 2125', 0, 1],
  ['2,125', 'ANSWER: 12,125', 1, 0],
  ['-3', 'ANSWER: -3', 1, 1],
  ['-3', 'ANSWER: 13', 1, 0],
  ['118000', 'ANSWER: 118001', 1, 0],
])('target %s, %j: %d as suffix, %d exactly', (target, text, suffix, exact) => {
  expect(scoreGsm8k({ target }, { text }, { numericMatch: 'suffix' }).value).toBe(suffix)
  expect(scoreGsm8k({ target }, { text }, { numericMatch: 'exact' }).value).toBe(exact)
})

test('never throws, and gives 0 or 1', () => {
  fc.assert(
    fc.property(
      anyText,
      fc.constantFrom('18', '2,125', '-3'),
      fc.constantFrom('exact', 'suffix'),
      (text, target, numericMatch) => {
        expect([0, 1]).toContain(scoreGsm8k({ target }, { text }, { numericMatch }).value)
      },
    ),
  )
})

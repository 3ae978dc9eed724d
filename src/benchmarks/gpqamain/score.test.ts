import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/any-text.ts'
import { scoreGpqa } from './score.ts'

test.each([
  ['<think>ANSWER: A</think>ANSWER: B', { value: 1, answer: 'B' }],
  ['ANSWER: C', { value: 0, answer: 'C' }],
  ['ANSWER: b', { value: 0, answer: null }],
])('%j', (text, score) => {
  expect(scoreGpqa({ target: 'B' }, { text })).toEqual(score)
})

test('never throws; right exactly when the target is what was read', () => {
  fc.assert(
    fc.property(anyText, fc.constantFrom('A', 'B', 'C', 'D'), (text, target) => {
      const { value, answer } = scoreGpqa({ target }, { text: `ANSWER: ${text}` })
      expect(value).toBe(answer === target ? 1 : 0)
    }),
  )
})

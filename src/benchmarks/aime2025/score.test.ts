import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/any-text.ts'
import { scoreAime } from './score.ts'

test.each([
  ['<think>3</think>ANSWER: $\\boxed{70}$', 'suffix', { value: 1, answer: '70' }],
  ['ANSWER: 170', 'suffix', { value: 1, answer: '170' }],
  ['ANSWER: 170', 'exact', { value: 0, answer: '170' }],
  ['<think>70</think>', 'exact', { value: 0, answer: '' }],
] as const)('%j as %s', (text, numericMatch, score) => {
  expect(scoreAime({ target: '70' }, { text }, { numericMatch })).toEqual(score)
})

test('what the published scorer raises on is an error by name, or wrong', () => {
  expect(scoreAime({ target: '70' }, { text: '½½' }, { numericMatch: 'suffix' })).toMatchObject({
    value: 0,
    answer: null,
    error: expect.stringMatching(/^ValueError: /),
  })
  expect(scoreAime({ target: '70' }, { text: '½½' }, { numericMatch: 'exact' })).toEqual({
    value: 0,
    answer: '½½',
  })
})

test('never throws, and gives 0 or 1', () => {
  fc.assert(
    fc.property(anyText, fc.constantFrom('exact', 'suffix'), (text, numericMatch) => {
      expect([0, 1]).toContain(scoreAime({ target: '70' }, { text }, { numericMatch }).value)
    }),
  )
})

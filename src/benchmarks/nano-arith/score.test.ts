import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { scoreArith } from './score.ts'

test.each([
  ['27 / 9 = 3.\nANSWER: 3', '3', 1],
  ['ANSWER: 3', '3', 1],
  ['ANSWER:3', '3', 1],
  ['ANSWER:\n\n 3. Done', '3', 1],
  ['ANSWER: 4\nANSWER: 3', '3', 1],
  ['ANSWER: 3\nANSWER: 4', '4', 0],
  ['ANSWER: 3 or ANSWER: none', '3', 1],
  ['ANSWER: -3', '-3', 0],
  ['ANSWER: 3.5', '3.5', 0],
  ['ANSWER: 3,000', '3,000', 0],
  ['ANSWER: 33', '33', 0],
  ['ANSWER: 03', '03', 0],
  ['ANSWER: ٣', null, 0],
  ['ANSWER: - 3', null, 0],
  ['answer: 3', null, 0],
  ['ANSWER 3', null, 0],
  ['#### 3', null, 0],
  ['3', null, 0],
  ['', null, 0],
])('%j is read as %j and scores %d against 3', (text, answer, value) => {
  expect(scoreArith({ target: '3' }, { text })).toEqual({ value, answer })
})

test('never throws, and gives full marks to nothing but the target', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('ANSWER:', ' ', '-', '3', '3.', ',')),
        {
          maxLength: 30,
        },
      ),
      (parts) => {
        const score = scoreArith({ target: '3' }, { text: parts.join('') })
        expect(score.value).toBe(score.answer === '3' ? 1 : 0)
      },
    ),
    { numRuns: 500 },
  )
})

test.each([
  ['labels', 'ANSWER:'],
  ['blanks after a label', ' '],
  ['digits after a label', '3'],
  ['decimals', '3.'],
])('a million %s take linear time', (_, part) => {
  const started = performance.now()
  scoreArith({ target: '3' }, { text: `ANSWER: ${part.repeat(1_000_000)}x` })
  expect(performance.now() - started).toBeLessThan(2000)
})

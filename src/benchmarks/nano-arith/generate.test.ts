import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRng } from '../../lib/rng.ts'
import { arithFamilies, draftArith } from './generate.ts'

const operations = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
}

test('the worked solution is right, uses only numbers it has, and ends in the answer', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { question, completion, target } = draftArith(createRng(seed))
      expect(completion).toMatch(/^(\d+ [+*/-] \d+ = \d+\. ?){1,3}\nANSWER: \d+$/)
      const known = new Set(question.match(/\d+/g)?.map(Number))
      let last = NaN
      for (const [, left, operator, right, result] of completion.matchAll(/(\d+) (.) (\d+) = (\d+)\./g)) {
        const operation = Object.entries(operations).find(([sign]) => sign === operator)?.[1]
        expect(operation?.(Number(left), Number(right))).toBe(Number(result))
        expect(known).toContain(Number(left))
        expect(known).toContain(Number(right))
        known.add(Number(result))
        last = Number(result)
      }
      expect(target).toBe(String(last))
      expect(completion.endsWith(`\nANSWER: ${target}`)).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('the 26 families all occur; one, two and three steps come 3 : 4 : 3', () => {
  const rng = createRng(1)
  const bySteps = new Map<unknown, number>()
  const byFamily = new Map<unknown, number>()
  for (let draw = 0; draw < 10_000; draw++) {
    const { metadata } = draftArith(rng)
    bySteps.set(metadata['steps'], (bySteps.get(metadata['steps']) ?? 0) + 1)
    byFamily.set(metadata['family'], (byFamily.get(metadata['family']) ?? 0) + 1)
  }
  expect(arithFamilies).toHaveLength(26)
  expect(new Set(byFamily.keys())).toEqual(new Set(arithFamilies.map(({ name }) => name)))
  expect(Math.abs((bySteps.get(1) ?? 0) - 3000)).toBeLessThan(200)
  expect(Math.abs((bySteps.get(2) ?? 0) - 4000)).toBeLessThan(200)
  expect(Math.abs((byFamily.get('three_changes') ?? 0) - 3000 * (2 / 7))).toBeLessThan(100)
  expect(Math.abs((byFamily.get('two_groups') ?? 0) - 3000 / 7)).toBeLessThan(80)
})

test('reads like the published sample questions', () => {
  const rng = createRng(3)
  const drafts = Array.from({ length: 2000 }, () => draftArith(rng))
  const share = drafts.find(({ metadata }) => metadata['family'] === 'share')
  expect(share?.prompt).toMatch(
    /^[A-Z][a-z]+ shares \d+ [a-z]+ equally among \d friends\. How many [a-z]+ does each friend get\?\nEnd with ANSWER: and the number\.$/,
  )
  expect(drafts.filter(({ question }) => /undefined|\[object|NaN/.test(question))).toEqual([])
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRng } from './rng.ts'

/** Computed by an independent program with unbounded integers. */
const vectors: readonly (readonly [seed: number, uint32s: readonly number[]])[] = [
  [0, [2899526011, 769844623, 220372281, 4270301181]],
  [1, [2420951833, 2513034076, 3847892949, 4064752930]],
  [2 ** 40 + 7, [3854994705, 1685522651, 972517038, 1475749643]],
  [-3, [2468550509, 3719962662, 3596881205, 829166893]],
]

test.each(vectors)('seed %d gives its fixed numbers', (seed, uint32s) => {
  const rng = createRng(seed)
  expect(uint32s.map(() => rng.next() * 2 ** 32)).toEqual(uint32s)
})

test('int, pick and shuffle are fixed by the seed', () => {
  const rng = createRng(7)
  expect(rng.shuffle([1, 2, 3, 4, 5, 6])).toEqual([2, 4, 3, 1, 6, 5])
  expect([rng.int(1, 6), rng.int(1, 6), rng.pick(['a', 'b', 'c'])]).toEqual([2, 6, 'a'])
})

test('int reaches both ends, about equally often', () => {
  const rng = createRng(11)
  const counts = [0, 0, 0, 0]
  for (let draw = 0; draw < 8000; draw++) {
    const value = rng.int(-1, 2)
    counts[value + 1] = (counts[value + 1] ?? 0) + 1
  }
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(8000)
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200)
})

test('shuffle keeps the elements and leaves its argument alone', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (list, seed) => {
      const before = [...list]
      const shuffled = createRng(seed).shuffle(list)
      expect(list).toEqual(before)
      expect(shuffled.toSorted((a, b) => a - b)).toEqual(before.toSorted((a, b) => a - b))
    }),
  )
})

test('every order of three comes up', () => {
  const rng = createRng(5)
  const orders = new Set(Array.from({ length: 200 }, () => rng.shuffle(['a', 'b', 'c']).join('')))
  expect(orders.size).toBe(6)
})

test('refuses a seed that is no integer and an empty list', () => {
  expect(() => createRng(0.5)).toThrow(RangeError)
  expect(() => createRng(Number.NaN)).toThrow(RangeError)
  expect(() => createRng(1).pick([])).toThrow(RangeError)
})

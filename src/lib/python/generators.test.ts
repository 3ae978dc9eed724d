import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPythonRandom } from './mersenne-twister.ts'
import { createNumpyGenerator } from './numpy-generator.ts'

test('draws what random.Random draws', () => {
  expect(createPythonRandom(0).next()).toBe(0.8444218515250481)
  expect(createPythonRandom(42).bits(32)).toBe(2746317213)
  expect(createPythonRandom(42).shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([
    7, 3, 2, 8, 5, 6, 9, 4, 0, 1,
  ])
})

test('draws what default_rng draws', () => {
  expect(createNumpyGenerator(42).raw64()).toBe(14276969152011380360n)
  expect(createNumpyGenerator(0).raw64()).toBe(11749869230777074271n)
  expect(createNumpyGenerator(42).choose(245, 4)).toEqual([21, 189, 160, 107])
  expect(createNumpyGenerator(42).permutation(20).slice(0, 6)).toEqual([15, 9, 14, 7, 12, 10])
})

test('shuffles keep every element, draws keep their bounds', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 300 }), (seed, size) => {
      const all = Array.from({ length: size }, (_, index) => index)
      expect(
        createPythonRandom(seed)
          .shuffle(all)
          .sort((a, b) => a - b),
      ).toEqual(all)
      expect(
        createNumpyGenerator(seed)
          .permutation(size)
          .sort((a, b) => a - b),
      ).toEqual(all)
      for (const draw of createNumpyGenerator(seed).choose(size, 20)) expect(all).toContain(draw)
    }),
    { numRuns: 30 },
  )
})

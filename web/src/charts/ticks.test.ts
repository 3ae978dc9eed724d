import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createScale, formatBytes, formatTick, niceTicks, placeLabels, timeTicks } from './ticks.ts'

test('a scale maps both ends, and a domain without length to its start', () => {
  const scale = createScale([0, 10], [100, 0])
  expect([scale(0), scale(5), scale(10)]).toEqual([100, 50, 0])
  expect(createScale([3, 3], [20, 80])(3)).toBe(20)
})

test('ticks are round and reach the largest value', () => {
  expect(niceTicks(1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
  expect(niceTicks(0.31, 4)).toEqual([0, 0.1, 0.2, 0.3, 0.4])
  expect(niceTicks(0, 4)).toEqual([0, 0.25])
  fc.assert(
    fc.property(
      fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
      fc.integer({ min: 2, max: 8 }),
      (max, count) => {
        const ticks = niceTicks(max, count)
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(max * (1 - 1e-9))
        expect(ticks.length).toBeLessThanOrEqual(count + 2)
      },
    ),
  )
})

test('times are counted in seconds, minutes and hours', () => {
  expect(timeTicks(120_000, 6).map(formatTick)).toEqual(['0', '30 s', '1 min', '1:30 min', '2 min'])
  expect(timeTicks(36_000_000, 6).map(formatTick)).toEqual(['0', '2 h', '4 h', '6 h', '8 h', '10 h'])
  expect(timeTicks(40_000, 4).map(formatTick)).toEqual(['0', '10 s', '20 s', '30 s', '40 s'])
})

test('bytes have three digits', () => {
  expect([0, 512, 1024, 1_288_490_189, 64 * 2 ** 30, 900 * 2 ** 20].map(formatBytes)).toEqual([
    '0 B',
    '512 B',
    '1 KiB',
    '1.2 GiB',
    '64 GiB',
    '900 MiB',
  ])
})

test('labels that fit do not overlap, keep their order and stay within the bounds', () => {
  expect(placeLabels([50, 52, 10], { gap: 12, low: 0, high: 100 })).toEqual([50, 62, 10])
  expect(placeLabels([99, 100, 98], { gap: 12, low: 0, high: 100 })).toEqual([88, 100, 76])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -20, max: 120 }), { minLength: 1, maxLength: 9 }), (places) => {
      const sorted = placeLabels(places, { gap: 12, low: 0, high: 100 }).toSorted((a, b) => a - b)
      expect(sorted[0]).toBeGreaterThanOrEqual(0)
      expect(sorted.at(-1)).toBeLessThanOrEqual(100)
      for (const [index, place] of sorted.slice(1).entries())
        expect(place - (sorted[index] ?? 0)).toBeGreaterThanOrEqual(12)
    }),
  )
})

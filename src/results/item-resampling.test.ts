import { expect, test } from 'vitest'
import { createRng } from '../lib/rng.ts'
import { resampleItemMeans } from './item-resampling.ts'

test.each([1, 7, 8, 9, 40, 300, 1319])('gives what adding up %i items gives, to the last bit', (items) => {
  const rng = createRng(items)
  const resamples = Array.from({ length: 23 }, () => {
    const counts = new Uint32Array(items)
    for (let drawn = 0; drawn < items; drawn++) {
      const item = rng.int(0, items - 1)
      counts[item] = (counts[item] ?? 0) + 1
    }
    return counts
  })
  const models = [0, 0.3, 0.99, 1].map((chance) =>
    Float64Array.from({ length: items }, () => (rng.next() < chance ? 1 : 0)),
  )
  const added = models.map((values) =>
    Float64Array.from(
      resamples,
      (counts) => counts.reduce((sum, count, item) => sum + count * (values[item] ?? 0), 0) / items,
    ),
  )
  expect(resampleItemMeans(resamples, models)).toEqual(added)
})

test('leaves values between 0 and 1 to others, and does the rest', () => {
  const counts = new Uint32Array([2, 0, 1])
  const models = [Float64Array.of(0, 0.5, 1), Float64Array.of(1, 1, 0)]
  expect(resampleItemMeans([counts], models)).toEqual([null, Float64Array.of(2 / 3)])
})

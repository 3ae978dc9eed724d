import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { thinPoints } from './thin-points.ts'

const series = fc
  .array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 400 })
  .map((values) => values.map((y, x) => ({ x, y })))

test('keeps the extremes, the ends and the order, within the limit', () => {
  fc.assert(
    fc.property(series, fc.integer({ min: 4, max: 60 }), (points, limit) => {
      const thin = thinPoints(points, limit)
      const ys = (list: readonly { y: number }[]): number[] => list.map(({ y }) => y)
      expect(thin.length).toBeLessThanOrEqual(limit)
      expect(Math.max(...ys(thin))).toBe(Math.max(...ys(points)))
      expect(Math.min(...ys(thin))).toBe(Math.min(...ys(points)))
      expect([thin[0], thin.at(-1)]).toEqual([points[0], points.at(-1)])
      expect(thin).toEqual(thin.toSorted((a, b) => a.x - b.x))
    }),
  )
})

test('leaves out what a straight line says anyway', () => {
  const steps = [1, 1, 1, 1, 4, 4, 4, 1].map((y, x) => ({ x, y }))
  expect(thinPoints(steps, 100).map(({ x }) => x)).toEqual([0, 3, 4, 6, 7])
})

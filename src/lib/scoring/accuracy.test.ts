import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { meanAndError } from './accuracy.ts'

test('accuracy lies among the values and grows with each of them', () => {
  expect(meanAndError([])).toEqual({ accuracy: 0, stderr: 0 })
  expect(meanAndError([1])).toEqual({ accuracy: 1, stderr: 0 })
  expect(meanAndError([1, 0])).toEqual({ accuracy: 0.5, stderr: 0.5 })
  const value = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.array(value, { minLength: 1 }), (values) => {
      const { accuracy, stderr } = meanAndError(values)
      expect(accuracy).toBeGreaterThanOrEqual(0)
      expect(accuracy).toBeLessThanOrEqual(1 + 1e-12)
      expect(stderr).toBeGreaterThanOrEqual(0)
      expect(meanAndError([1, ...values.slice(1)]).accuracy).toBeGreaterThanOrEqual(accuracy - 1e-12)
    }),
  )
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatGeneral, renderFloat } from './format-float.ts'

test.each([
  [12344.5, '12344'],
  [12345.5, '12346'],
  [99999.5, '1e+05'],
  [118001, '1.18e+05'],
  [0.00001234, '1.234e-05'],
  [0.0001, '0.0001'],
  [18, '18'],
  [0, '0'],
  [-0, '-0'],
  [-2.5, '-2.5'],
  [Infinity, 'inf'],
  [NaN, 'nan'],
  [1e300, '1e+300'],
])('%d with five significant digits is %s', (value, text) => {
  expect(formatGeneral(value, 5)).toBe(text)
})

test.each([
  [1, '1.0'],
  [-0, '-0.0'],
  [0.1, '0.1'],
  [1e16, '1e+16'],
  [123456789012345680, '1.2345678901234568e+17'],
  [9999999999999998, '9999999999999998.0'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [-Infinity, '-inf'],
])('repr of %d is %s', (value, text) => {
  expect(renderFloat(value)).toBe(text)
})

test('both read back: repr exactly, seventeen digits too', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Number(renderFloat(value))).toBe(value)
      expect(Number(formatGeneral(value, 17))).toBe(value)
    }),
  )
})

import { expect, test } from 'vitest'
import { digitValue, isNumeric, numericValue, toAsciiDigits } from './unicode-numeric.ts'

test.each([
  ['7', 7, 7],
  ['٣', 3, 3],
  ['²', 2, 2],
  ['①', 1, 1],
  ['⑱', 18, null],
  ['½', 0.5, null],
  ['⅔', 2 / 3, null],
  ['Ⅻ', 12, null],
  ['௰', 10, null],
  ['༳', -0.5, null],
  ['万', 10_000, null],
  ['𝟘', 0, 0],
  ['a', null, null],
  ['.', null, null],
])('%s is worth %s, as a digit %s', (character, value, digit) => {
  expect(numericValue(character)).toBe(value)
  expect(digitValue(character)).toBe(digit)
  expect(isNumeric(character)).toBe(value !== null)
})

test('a text is numeric when all of it is', () => {
  expect(isNumeric('')).toBe(false)
  expect(isNumeric('1½Ⅻ十')).toBe(true)
  expect(isNumeric('-1')).toBe(false)
  expect(isNumeric('1.5')).toBe(false)
})

test('knows as many as Python 3.10', () => {
  let count = 0
  for (let code = 0; code <= 0x10ffff; code++) if (numericValue(String.fromCodePoint(code)) !== null) count++
  expect(count).toBe(1862)
})

test('digits of any script are read as digits', () => {
  expect(toAsciiDigits('１८.٥²')).toBe('18.5²')
})

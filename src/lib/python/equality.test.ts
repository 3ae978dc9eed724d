import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { equals } from './equality.ts'
import { parsePythonJson } from './json.ts'
import { type PythonValue, toPythonValue } from './value.ts'

test.each([
  ['1', '1.0', true],
  ['1', 'true', true],
  ['0', 'false', true],
  ['0', '-0.0', true],
  ['0', 'null', false],
  ['"1"', '1', false],
  ['"é"', '"e\\u0301"', false],
  ['[1, 2]', '[2, 1]', false],
  ['{"a": 1, "b": [true]}', '{"b": [1.0], "a": 1}', true],
  ['{"a": null}', '{}', false],
  ['{"a": 1}', '{"b": 1}', false],
  ['NaN', 'NaN', false],
  ['9007199254740993', '9007199254740992.0', false],
  ['9007199254740993', '9007199254740993.0', false],
  ['9007199254740992', '9007199254740993.0', true],
  ['123456789012345680000000000000', '1.2345678901234568e29', false],
  ['1e400', '2e400', true],
])('%s == %s is %s', (a, b, equal) => {
  expect(equals(read(a), read(b))).toBe(equal)
  expect(equals(read(b), read(a))).toBe(equal)
})

test('a value equals itself, and comparing is symmetric', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [left, right] = [toPythonValue(a), toPythonValue(b)]
      expect(equals(left, left)).toBe(true)
      expect(equals(left, right)).toBe(equals(right, left))
    }),
  )
})

function read(source: string): PythonValue {
  const json = parsePythonJson(source)
  if (!json.ok) throw new Error(source)
  return json.value
}

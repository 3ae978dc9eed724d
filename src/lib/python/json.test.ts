import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { equals } from './equality.ts'
import { parsePythonJson, renderPythonJson } from './json.ts'
import { toPythonValue } from './value.ts'

test.each([
  ['NaN', 'NaN'],
  ['[Infinity, -Infinity, 1e400]', '[Infinity, -Infinity, Infinity]'],
  ['{"a": 1, "b": 2, "a": 3}', '{"a": 3, "b": 2}'],
  ['123456789012345678901234567890', '123456789012345678901234567890'],
  ['[1, 1.0, 1e2, 1e16, 1e-7, -0, -0.0]', '[1, 1.0, 100.0, 1e+16, 1e-07, 0, -0.0]'],
  ['"\\u00e9\\ud83d\\ude00\\/\\u007f\\u0001"', '"é😀/\u007f\\u0001"'],
  [' \t\r\n{ } ', '{}'],
  ['{"__proto__": 1}', '{"__proto__": 1}'],
])('reads and writes %s as Python does', (source, written) => {
  const json = parsePythonJson(source)
  expect(json.ok && renderPythonJson(json.value)).toBe(written)
})

test.each([
  '',
  '{',
  '01',
  '1.',
  '.5',
  '+1',
  '[1,]',
  '{"a" 1}',
  "{'a': 1}",
  '"a\nb"',
  '"\\x41"',
  '"\\u00g0"',
  '\ufeff1',
  '\u00a01',
  '1 2',
  'nan',
  'True',
])('refuses %j', (source) => {
  expect(parsePythonJson(source)).toEqual({ ok: false, error: 'JSONDecodeError' })
})

test('what Python refuses for its size is another error', () => {
  expect(parsePythonJson('['.repeat(100_000))).toEqual({ ok: false, error: 'RecursionError' })
  expect(parsePythonJson('9'.repeat(4301))).toEqual({ ok: false, error: 'ValueError' })
})

test('never throws, and agrees with JSON.parse where Python does', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\\',
    'u0',
    'e1',
    '-',
    '.',
    ' ',
    '\n',
    '\ud800',
    '0',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      expect(parsePythonJson(text).ok).toBe(isJson(text))
    }),
    { numRuns: 2000 },
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('what it writes it reads back equal', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (data) => {
      const value = toPythonValue(data)
      const json = parsePythonJson(renderPythonJson(value))
      expect(json.ok && equals(json.value, value)).toBe(true)
    }),
  )
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseStrictJson } from './strict-json.ts'

test('understands every JSON text as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(parseStrictJson(Buffer.from(text))).toEqual(JSON.parse(text))
    }),
  )
})

test.for([
  ['{"a":1,"a":1}', 'duplicate_key'],
  ['{"a":{"b":1,\n"b"\n:2}}', 'duplicate_key'],
  [String.raw`{"a\\":1,"a\\":2}`, 'duplicate_key'],
  [String.raw`{"\u0061":1,"a":2}`, 'duplicate_key'],
  ['{"__proto__":1,"__proto__":2}', 'duplicate_key'],
  [`[${'['.repeat(64)}${']'.repeat(64)}]`, 'too_deep'],
  ['{"a":NaN}', 'not_json'],
  ['', 'not_json'],
  ['\ufeff{}', 'not_json'],
  ['{"a', 'not_json'],
  ['"\\"', 'not_json'],
  [']', 'not_json'],
] as const)('refuses %s', ([text, code]) => {
  expect(() => parseStrictJson(Buffer.from(text))).toThrow(expect.objectContaining({ code }))
})

test('refuses what is deep or large before it builds anything of it', () => {
  const before = process.memoryUsage().rss
  for (const [text, code] of [
    ['['.repeat(20_000_000), 'too_deep'],
    [`[${'{},'.repeat(7_000_000)}{}]`, 'too_many_values'],
    [`{"a":[${'0,'.repeat(10_000_000)}0]}`, 'too_many_values'],
  ] as const)
    expect(() => parseStrictJson(text)).toThrow(expect.objectContaining({ code }))
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 ** 2)
})

test('shows no more than it must of a key', () => {
  const key = 'k'.repeat(1_000_000)
  expect(() => parseStrictJson(`{"${key}":1,"${key}":2}`)).toThrow(/^.{1,150}$/u)
})

test.for([
  '{"a":{"x":1},"b":{"x":1}}',
  '[{"a":1},{"a":1}]',
  '{"a":"a","b":["a","a"]}',
  String.raw`{"a":"\"a\":1,\"a\":"}`,
])('takes %s: no key is given twice', (text) => {
  expect(parseStrictJson(text)).toEqual(JSON.parse(text))
})

test('refuses bytes that are not UTF-8', () => {
  expect(() => parseStrictJson(Buffer.from([0x22, 0xc3, 0x22]))).toThrow(
    expect.objectContaining({ code: 'not_utf8' }),
  )
})

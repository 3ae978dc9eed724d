import { expect, test } from 'vitest'
import { renderRepr } from './repr.ts'
import type { PythonValue } from './value.ts'

test.each<[PythonValue, string]>([
  [null, 'None'],
  [[true, false, 1n, 1, 1e16], '[True, False, 1, 1.0, 1e+16]'],
  ["it's", '"it\'s"'],
  ['say "it\'s"', "'say \"it\\'s\"'"],
  ['a\\\n\t\r\u0000\u007f\u00ad\u200b\u2028😀é', "'a\\\\\\n\\t\\r\\x00\\x7f\\xad\\u200b\\u2028😀é'"],
  ['\u{e0001}\ud800', "'\\U000e0001\\ud800'"],
  [new Map([['a', [new Map()]]]), "{'a': [{}]}"],
  [{ repr: 'datetime.date(2024, 1, 1)' }, 'datetime.date(2024, 1, 1)'],
])('%o prints as %s', (value, text) => {
  expect(renderRepr(value)).toBe(text)
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { renderRepr } from './repr.ts'
import { parsePythonYaml } from './yaml.ts'

test.each([
  ['', 'None'],
  ['~', 'None'],
  ['# c', 'None'],
  ['yes', 'True'],
  ['Off', 'False'],
  ['y', "'y'"],
  ['1_000', '1000'],
  ['0x1F', '31'],
  ['010', '8'],
  ['0b11', '3'],
  ['0o17', "'0o17'"],
  ['08', "'08'"],
  ['-3', '-3'],
  ['12:30:45', '45045'],
  ['1:30.5', '90.5'],
  ['1.5', '1.5'],
  ['.5', '0.5'],
  ['1e3', "'1e3'"],
  ['1.0e+3', '1000.0'],
  ['1e+16', "'1e+16'"],
  ['-.inf', '-inf'],
  ['.nan', 'nan'],
  ['NaN', "'NaN'"],
  ['2024-01-01', 'datetime.date(2024, 1, 1)'],
  ['"2024-01-01"', "'2024-01-01'"],
  ['[1, "a", {b: yes}]', "[1, 'a', {'b': True}]"],
  ['a: b', "{'a': 'b'}"],
  ['- a\n- 2', "['a', 2]"],
  ['&x 1', '1'],
])('%j is %s', (source, value) => {
  const yaml = parsePythonYaml(source)
  expect(yaml.ok && renderRepr(yaml.value)).toBe(value)
})

test.each(['[1, 2', '@bad', '%x', '*x', 'key: [1', '2024-13-01', '<<', '"\u0001"', '!!python/object:x'])(
  'refuses %j',
  (source) => {
    expect(parsePythonYaml(source)).toEqual({ ok: false })
  },
)

test('never throws, not even at brackets without end', () => {
  expect(parsePythonYaml('['.repeat(100_000))).toEqual({ ok: false })
  const word = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ' ',
    '\n',
    '-',
    'a',
    '"',
    "'",
    '&',
    '*',
    '!',
    '|',
    '?',
    '1',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 20 }), (parts) => {
      parsePythonYaml(parts.join(''))
    }),
    { numRuns: 1000 },
  )
})

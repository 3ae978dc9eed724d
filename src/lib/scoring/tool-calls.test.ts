import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { renderRepr } from '../python/repr.ts'
import { parseHermes } from './hermes.ts'
import { parseToolCall } from './parse-tool-call.ts'

const call = '<tool_call>\n{"name": "f", "arguments": {"a": 1.50, "é": "\\u00e9"}}\n</tool_call>'
const parsed = { name: 'f', arguments: '{"a": 1.5, "é": "é"}' }

test.each([
  [call, [parsed], null],
  [`x ${call}`, [parsed], 'x '],
  [`<think>${call}</think>${call}`, [parsed, parsed], '<think>'],
  [call.replace('</tool_call>', ''), [parsed], null],
])('%s is read', (text, calls, content) => {
  expect(parseHermes(text)).toEqual({ calls, content })
})

test.each([
  'no call',
  '<tool_call></tool_call>',
  `<tool_call>\n${call}`,
  `${call}<tool_call>`,
  call.replace('</tool_call>', 'ok'),
  call.replace('arguments', 'parameters'),
  call.replace('"f"', '3'),
  call.replace('\\u00e9', '\\ud800'),
  '<tool_call>[]</tool_call>',
])('one bad capture and there are no calls: %s', (text) => {
  expect(parseHermes(text)).toEqual({ calls: [], content: text })
})

test.each([
  [' {"a": 1, "b": NaN} ', "{'a': 1, 'b': nan}", false],
  ['{a: 1}', '{}', true],
  ['{"a": 1}{', '{}', true],
  ['7', "{'first': 7}", false],
  ['"{\\"a\\": 1}"', "{'first': '{\"a\": 1}'}", false],
  ['1e+16', "{'first': '1e+16'}", false],
  ['[1, 2', "{'first': '[1, 2'}", false],
  ['', "{'first': None}", false],
])('the arguments %j are %s', (source, values, malformed) => {
  const result = parseToolCall({ name: 'f', arguments: source }, [
    { name: 'f', parameters: ['first', 'second'] },
  ])
  expect(renderRepr(result.arguments)).toBe(values)
  expect(result.malformed).toBe(malformed)
})

test('a tool that is unknown, or takes nothing, gets nothing', () => {
  expect(
    parseToolCall({ name: 'g', arguments: '7' }, [{ name: 'f', parameters: ['a'] }]).arguments.size,
  ).toBe(0)
  expect(parseToolCall({ name: 'f', arguments: '7' }, [{ name: 'f', parameters: [] }]).arguments.size).toBe(0)
})

test('never throws; every call that is read can be read again', () => {
  const part = fc.constantFrom(
    '<tool_call>',
    '</tool_call>',
    '{"name": "f", "arguments": ',
    '}',
    '7',
    '"x"',
    '[',
    ']',
    '{',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 15 }), (parts) => {
      for (const each of parseHermes(parts.join('')).calls)
        expect(parseToolCall(each, [{ name: 'f', parameters: ['a'] }]).malformed).toBe(false)
    }),
    { numRuns: 2000 },
  )
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../../../test/any-text.ts'
import { scoreBfcl } from './score.ts'

const parameters = { type: 'object', properties: { n: {}, exact: {} } }
const item = {
  target: 'f(n=20, exact=True)',
  tools: [{ type: 'function', function: { name: 'f', description: '', parameters } }],
} as const

const right = '{"name": "f", "arguments": {"exact": 1.0, "n": 20}}'

test.each([
  [`<tool_call>${right}</tool_call>`, 1],
  [`<think><tool_call>${right}</tool_call></think>`, 1],
  [`<tool_call>${right}</tool_call><tool_call>${right}</tool_call>`, 0],
  [`<tool_call>${right.replace('20', '"20"')}</tool_call>`, 0],
  [`<tool_call>${right.replace('20', '20, "m": null')}</tool_call>`, 0],
  [`<tool_call>${right.replace('"f"', '"g"')}</tool_call>`, 0],
  [right, 0],
])('%s scores %d', (text, value) => {
  expect(scoreBfcl(item, { text }).value).toBe(value)
})

test('calls that the engine read out are taken as they are', () => {
  const toolCalls = [{ name: 'f', arguments: '{"n": 20, "exact": true}' }]
  expect(scoreBfcl(item, { text: '<tool_call>', toolCalls }).value).toBe(1)
  expect(scoreBfcl(item, { text: `<tool_call>${right}</tool_call>`, toolCalls: [] }).value).toBe(0)
})

test('a bare value is the first parameter', () => {
  const toolCalls = [{ name: 'f', arguments: '20' }]
  expect(scoreBfcl({ ...item, target: 'f(n=20)' }, { text: '', toolCalls }).value).toBe(1)
})

test('never throws, and gives 0 or 1', () => {
  const part = fc.constantFrom('<tool_call>', '</tool_call>', right, '{', '}', '"', ' ', 'x')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), anyText, (parts, source) => {
      expect([0, 1]).toContain(scoreBfcl(item, { text: parts.join('') }).value)
      expect([0, 1]).toContain(
        scoreBfcl(item, { text: '', toolCalls: [{ name: 'f', arguments: source }] }).value,
      )
    }),
  )
})

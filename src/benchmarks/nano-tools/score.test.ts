import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { scoreTools } from './score.ts'

const target = '{"name": "feed_animal", "arguments": {"animal": "dog", "grams": 20}}'

function valueOf(text: string): number {
  return scoreTools({ target }, { text }).value
}

test.each([
  ['as in training', `<tool_call>\n${target}\n</tool_call>`],
  ['without line breaks', `<tool_call>${target}</tool_call>`],
  ['with text around it', `I feed it.\n<tool_call>\n${target}\n</tool_call>\nDone.`],
  [
    'with keys in another order',
    '<tool_call>{"arguments":{"grams":20,"animal":"dog"},"name":"feed_animal"}</tool_call>',
  ],
])('the right call %s scores 1', (_, text) => {
  expect(valueOf(text)).toBe(1)
})

test.each([
  ['no block', target],
  ['no closing tag', `<tool_call>\n${target}`],
  ['no opening tag', `${target}\n</tool_call>`],
  ['tags in the wrong order', `</tool_call>${target}<tool_call>`],
  ['two blocks', `<tool_call>${target}</tool_call><tool_call>${target}</tool_call>`],
  ['a second opening tag', `<tool_call><tool_call>${target}</tool_call>`],
  ['a second closing tag', `<tool_call>${target}</tool_call></tool_call>`],
  ['text beside the JSON', `<tool_call>call: ${target}</tool_call>`],
  [
    'another name',
    '<tool_call>{"name": "call_animal", "arguments": {"animal": "dog", "grams": 20}}</tool_call>',
  ],
  [
    'another value',
    '<tool_call>{"name": "feed_animal", "arguments": {"animal": "cat", "grams": 20}}</tool_call>',
  ],
  [
    'a number as a string',
    '<tool_call>{"name": "feed_animal", "arguments": {"animal": "dog", "grams": "20"}}</tool_call>',
  ],
  ['an argument too few', '<tool_call>{"name": "feed_animal", "arguments": {"animal": "dog"}}</tool_call>'],
  [
    'an argument too many',
    '<tool_call>{"name": "feed_animal", "arguments": {"animal": "dog", "grams": 20, "n": 1}}</tool_call>',
  ],
  [
    'a field too many',
    '<tool_call>{"name": "feed_animal", "arguments": {"animal": "dog", "grams": 20}, "id": 1}</tool_call>',
  ],
  ['a list around it', `<tool_call>[${target}]</tool_call>`],
  ['null', '<tool_call>null</tool_call>'],
  ['an empty block', '<tool_call></tool_call>'],
  ['nothing', ''],
])('%s scores 0', (_, text) => {
  expect(valueOf(text)).toBe(0)
})

test('says what was read and what is wrong', () => {
  expect(scoreTools({ target }, { text: 'hello' })).toEqual({
    value: 0,
    answer: null,
    explanation: 'no tool block',
  })
  expect(scoreTools({ target }, { text: '<tool_call>\n{"name"\n</tool_call>' })).toEqual({
    value: 0,
    answer: '{"name"',
    explanation: 'the block is not JSON',
  })
})

test('never throws, whatever the text', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom('<tool_call>', '</tool_call>', '{', '}', '"name":', '__proto__', target),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('')
      const { value } = scoreTools({ target }, { text })
      expect([0, 1]).toContain(value)
      expect(value === 1 && !text.includes('feed_animal')).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test.each([
  ['opening tags', '<tool_call>'.repeat(200_000)],
  ['deep lists', `<tool_call>${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}</tool_call>`],
  ['open lists', `<tool_call>${'['.repeat(1_000_000)}</tool_call>`],
  ['deep objects', `<tool_call>${'{"name":'.repeat(300_000)}1${'}'.repeat(300_000)}</tool_call>`],
  ['blanks', `<tool_call>${' '.repeat(1_000_000)}x${' '.repeat(1_000_000)}</tool_call>`],
])('a million characters of %s score 0 in linear time', (_, text) => {
  const started = performance.now()
  expect(valueOf(text)).toBe(0)
  expect(performance.now() - started).toBeLessThan(2000)
})

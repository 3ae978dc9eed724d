import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { dropLeadingThinking, splitThinking } from './thinking.ts'

test.each([
  ['<think> a </think>\n18', '18', 'a'],
  ['so <think>a</think> 18 ', 'so  18', 'a'],
  ['<think signature="s>" redacted="true" >a</think>18', '18', 'a'],
  ['<think\u0085>a</think>18', '18', 'a'],
  ['<think>a</think>b<think>c</think>', 'b<think>c</think>', 'a'],
  ['<think>a<think>b</think>c</think>', 'c</think>', 'a<think>b'],
  ['<think redacted="true" signature="s">a</think> 18', null, null],
  ['<Think>a</think> 18', null, null],
  ['<think>a 18 ', null, null],
  ['a</think> 18 ', null, null],
])('%j leaves %j', (content, text, reasoning) => {
  expect(splitThinking(content)).toEqual({ text: text ?? content, reasoning })
})

test.each([
  [' <think>a</think>\n\nb ', 'b'],
  ['<think>a</think>b<think>c</think>', 'b<think>c</think>'],
  ['<think>a', '<think>a'],
  ['a <think>b</think>', 'a <think>b</think>'],
  ['<think x>a</think>b', '<think x>a</think>b'],
])('of %j the judge reads %j', (content, text) => {
  expect(dropLeadingThinking(content)).toBe(text)
})

test('never throws, never adds anything', () => {
  const part = fc.constantFrom('<think>', '</think>', '<think ', 'signature="', '"', '>', 'a', ' ', '\n')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 15 }), (parts) => {
      const content = parts.join('')
      expect(splitThinking(content).text.length).toBeLessThanOrEqual(content.length)
      expect(content).toContain(dropLeadingThinking(content))
    }),
    { numRuns: 1000 },
  )
})

import { expect, test } from 'vitest'
import { readChatTemplate, spellDate } from './template-file.ts'

const date = '2026-03-05'

test('a template that asks for the day gets the one of the protocol', async () => {
  const text = await readChatTemplate({ template: 'smollm', date })
  expect(text.startsWith('{%- macro strftime_now(format) -%}05 March 2026{%- endmacro %}{#-')).toBe(true)
})

test('other templates are handed over as they are', async () => {
  expect(await readChatTemplate({ template: 'qwen3', date })).not.toContain('2026')
})

test('a template without a fixed date asks the engine for the day', async () => {
  const text = await readChatTemplate({ template: 'smollm', date: 'today' })
  expect(text.startsWith('{#-')).toBe(true)
  expect(text).toContain("strftime_now('%d %B %Y')")
})

test('dates are spelled as strftime does', () => {
  expect(['2026-03-05', '2025-12-31'].map(spellDate)).toEqual(['05 March 2026', '31 December 2025'])
})

/** vLLM sends parts to templates that loop over the content of a message, and texts to others. */
test.each([
  ['gemma3', true],
  ['gemma3_tool_calling', true],
  ['qwen3', false],
  ['smollm', false],
] as const)('%s.jinja loops over the parts of a message: %s', async (template, loops) => {
  const text = await readChatTemplate({ template, date })
  expect(/\{%-? for \w+ in message\.content %\}/.test(text)).toBe(loops)
})

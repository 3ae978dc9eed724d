import { expect, test } from 'vitest'
import { sha256 } from '../lib/hash.ts'
import { checkChatTemplate, createBfclPromptChecker } from './chat-templates.ts'

const input = {
  template: 'qwen3.jinja',
  messages: [{ role: 'user', content: 'Hi' }],
  tools: null,
  add_generation_prompt: true,
  kwargs: { enable_thinking: false },
  bos_token: null,
  strftime_now: null,
}

test('gives the prompt of a vector', () => {
  expect(checkChatTemplate(input)).toEqual({
    rendered: '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n',
  })
})

test('gives the error where the template refuses', () => {
  const messages = [{ role: 'assistant', content: 'Hi' }]
  expect(checkChatTemplate({ ...input, template: 'gemma3.jinja', messages, bos_token: '<bos>' })).toEqual({
    raises: 'TemplateError',
    message: 'Conversation roles must alternate user/assistant/user/assistant/...',
  })
})

test('does not pass over an argument that it does not know', () => {
  expect(() => checkChatTemplate({ ...input, kwargs: { documents: [] } })).toThrow('documents')
})

test('measures the prompt of a row in code points', () => {
  const row = {
    id: 'exec_simple_0',
    question: [[{ role: 'user', content: '😀' }]],
    function: [{ name: 'f', description: 'F.', parameters: { properties: {}, required: [] } }],
    ground_truth: ['f()'],
  }
  const check = createBfclPromptChecker([row])
  const vector = { sample_id: 'exec_simple_0', template: 'qwen3.jinja', strftime_now: null }
  const tool =
    '{"type": "function", "function": {"name": "f", "description": "F.", "parameters": ' +
    '{"type": "object", "properties": {}, "required": [], "additionalProperties": false}}}'
  const { rendered } = Object(
    checkChatTemplate({ ...input, kwargs: {}, messages: row.question[0], tools: [JSON.parse(tool)] }),
  )
  expect(rendered).toContain(tool)
  expect(check(vector)).toEqual({ sha256: sha256(rendered), chars: rendered.length - 1 })
  expect(() => check({ ...vector, sample_id: 'exec_simple_1' })).toThrow('exec_simple_1')
})

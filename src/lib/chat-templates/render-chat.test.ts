import { describe, expect, test } from 'vitest'
import { renderChat, type RenderChatOptions } from './render-chat.ts'

const date = '05 March 2026'
const user = { role: 'user', content: ' Is it warm in Köln?\n' }
const system = { role: 'system', content: 'Be brief.' }
const weather = {
  type: 'function',
  function: { name: 'weather', description: `a city's "sky" <now>`, parameters: { top: 1e-5, all: false } },
}
const call = { role: 'assistant', content: null, tool_calls: [{ name: 'weather', arguments: '{"top":1}' }] }
const result = { role: 'tool', content: 'sunny' }

function render(chat: Omit<RenderChatOptions, 'date' | 'addGenerationPrompt'>): string {
  return renderChat({ date, addGenerationPrompt: true, ...chat })
}

describe('qwen3', () => {
  const template = 'qwen3'

  test('writes turns as they are, and drops the thoughts of earlier ones', () => {
    const before = { role: 'assistant', content: '<think>\nhm\n</think>\n\nYes.' }
    expect(render({ template, messages: [system, user, before, user] })).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n' +
        '<|im_start|>user\n Is it warm in Köln?\n<|im_end|>\n' +
        '<|im_start|>assistant\nYes.<|im_end|>\n' +
        '<|im_start|>user\n Is it warm in Köln?\n<|im_end|>\n' +
        '<|im_start|>assistant\n',
    )
  })

  test('keeps the thought of a last answer, and gives it an empty one', () => {
    const messages = [user, { role: 'assistant', content: 'Yes.', reasoning_content: 'sun' }]
    const options = { template, date, addGenerationPrompt: false } as const
    expect(renderChat({ ...options, messages })).toContain('<think>\nsun\n</think>\n\nYes.<|im_end|>\n')
    const plain = [user, { role: 'assistant', content: 'Yes.' }]
    expect(renderChat({ ...options, messages: plain })).toContain('<think>\n\n</think>\n\nYes.<|im_end|>\n')
  })

  test('shows tools as JSON in their own order, and results in one user turn', () => {
    const prompt = render({ template, messages: [system, user, call, result, result], tools: [weather] })
    expect(prompt).toContain('<|im_start|>system\nBe brief.\n\n# Tools\n\n')
    expect(prompt).toContain(
      '<tools>\n{"type": "function", "function": {"name": "weather", "description": "a city\'s \\"sky\\" <now>", ' +
        '"parameters": {"top": 1e-05, "all": false}}}\n</tools>\n\n',
    )
    expect(prompt).toContain(
      '<|im_start|>assistant\n<tool_call>\n{"name": "weather", "arguments": {"top":1}}\n</tool_call><|im_end|>\n' +
        '<|im_start|>user\n<tool_response>\nsunny\n</tool_response>\n<tool_response>\nsunny\n</tool_response><|im_end|>\n',
    )
  })

  test('closes the thought at once only where thinking is switched off', () => {
    const closed = '<|im_start|>assistant\n<think>\n\n</think>\n\n'
    expect(render({ template, messages: [user], enableThinking: false }).endsWith(closed)).toBe(true)
    expect(render({ template, messages: [user], enableThinking: true })).not.toContain('<think>')
  })

  test('refuses a system message in parts with the words of Python', () => {
    const messages = [{ role: 'system', content: [{ type: 'text', text: 'x' }] }, user]
    expect(() => render({ template, messages })).toThrow('can only concatenate str (not "list") to str')
    expect(() => render({ template, messages, tools: [weather] })).toThrow(
      'can only concatenate list (not "str") to list',
    )
  })
})

describe('gemma3', () => {
  const template = 'gemma3'

  test('trims every part, and puts the system text before the first turn', () => {
    const answer = { role: 'assistant', content: [{ type: 'text', text: ' Yes. ' }] }
    expect(render({ template, messages: [system, user, answer, user] })).toBe(
      '<bos><start_of_turn>user\nBe brief.\n\nIs it warm in Köln?<end_of_turn>\n' +
        '<start_of_turn>model\nYes.<end_of_turn>\n' +
        '<start_of_turn>user\nIs it warm in Köln?<end_of_turn>\n' +
        '<start_of_turn>model\n',
    )
  })

  test('shows no tools, and refuses turns that do not alternate', () => {
    expect(render({ template, messages: [user], tools: [weather] })).not.toContain('weather')
    expect(() => render({ template, messages: [user, user] })).toThrow('Conversation roles must alternate')
    expect(() => render({ template, messages: [user, call] })).toThrow('Invalid content type')
  })
})

describe('gemma3_tool_calling', () => {
  const template = 'gemma3_tool_calling'

  test('writes no newline after a role', () => {
    expect(render({ template, messages: [system, user] })).toBe(
      '<bos>\n\n\n<start_of_turn>userBe brief.\n\nIs it warm in Köln?<end_of_turn><start_of_turn>model',
    )
  })

  test('shows tools without separators after the system text, and results in user turns', () => {
    const tools = [{ a: 1 }, { b: null }]
    const prompt = render({ template, messages: [system, user, call, result], tools })
    expect(prompt.startsWith('<bos>\n<start_of_turn>systemBe brief.# Tools\n\n')).toBe(true)
    expect(prompt).toContain('<tools>{"a": 1}{"b": null}</tools>\n\n')
    expect(prompt).toContain(
      '</tool_call>\n<end_of_turn>\n\n<start_of_turn>userIs it warm in Köln?<end_of_turn>' +
        '<start_of_turn>model<tool_call>\n{"name": "weather", "arguments": {"top":1}}\n</tool_call><end_of_turn>' +
        '<start_of_turn>user\n<tool_response>sunny</tool_response>\n<end_of_turn><start_of_turn>model',
    )
  })

  test('prints a system text that comes in parts as the list of them', () => {
    const messages = [{ role: 'system', content: [{ type: 'text', text: "it's" }] }, user]
    expect(render({ template, messages, tools: [weather] })).toContain(
      `<start_of_turn>system[{'type': 'text', 'text': "it's"}]# Tools`,
    )
  })
})

describe('smollm', () => {
  const template = 'smollm'

  test('dates the system turn, and leaves it open where there are no tools', () => {
    expect(render({ template, messages: [system, user] })).toBe(
      '<|im_start|>system\n## Metadata\n\nKnowledge Cutoff Date: June 2025\nToday Date: 05 March 2026\n' +
        'Reasoning Mode: /think\n\n## Custom Instructions\n\nBe brief.\n\n' +
        '<|im_start|>user\n Is it warm in Köln?\n<|im_end|>\n<|im_start|>assistant\n',
    )
  })

  test('prints tools as Python does, and closes the turn', () => {
    expect(render({ template, messages: [user], tools: [weather] })).toContain(
      "<tools>\n{'type': 'function', 'function': {'name': 'weather', 'description': 'a city\\'s \"sky\" <now>', " +
        "'parameters': {'top': 1e-05, 'all': False}}}\n</tools>\n\n",
    )
    expect(render({ template, messages: [user], tools: [weather] })).toContain(
      '</tool_call>\n\n<|im_end|>\n<|im_start|>user\n',
    )
  })

  test('takes the mode from the system text before the argument', () => {
    const messages = [{ role: 'system', content: '/no_think Be brief. ' }, user]
    const prompt = render({ template, messages, enableThinking: true })
    expect(prompt).toContain('Reasoning Mode: /no_think\n\n## Custom Instructions\n\n Be brief.\n\n')
    expect(prompt.endsWith('<|im_start|>assistant\n<think>\n\n</think>\n')).toBe(true)
  })

  test('prints only the system text where that asks for it', () => {
    const messages = [{ role: 'system', content: 'Only this. /system_override' }, user]
    expect(render({ template, messages, tools: [weather] })).toBe(
      '<|im_start|>system\nOnly this.<|im_end|>\n' +
        '<|im_start|>user\n Is it warm in Köln?\n<|im_end|>\n<|im_start|>assistant\n',
    )
  })
})

import { expect, test } from 'vitest'
import { chooseTemplate } from './family.ts'

test.each([
  ['qwen3', 'Qwen3ForCausalLM', 'qwen3', 'qwen3'],
  ['smollm3', 'SmolLM3ForCausalLM', 'smollm', 'smollm'],
  ['gemma3', 'Gemma3ForConditionalGeneration', 'gemma3', 'gemma3_tool_calling'],
  ['gemma3_text', 'Gemma3ForCausalLM', 'gemma3', 'gemma3_tool_calling'],
] as const)('%s is rendered with its template', (type, architecture, plain, withTools) => {
  const config = { model_type: type, architectures: [architecture] }
  expect(chooseTemplate({ config, tools: 'none' })).toBe(plain)
  expect(chooseTemplate({ config, tools: 'offered' })).toBe(withTools)
})

test('a path in the config decides nothing', () => {
  const config = { _name_or_path: 'results/qwen3max/final_model', model_type: 'gemma3' }
  expect(chooseTemplate({ config, tools: 'none' })).toBe('gemma3')
})

test.each([
  [null],
  [{}],
  [{ model_type: 'llama' }],
  [{ model_type: 'qwen3_moe' }],
  [{ model_type: 'qwen3', architectures: ['SmolLM3ForCausalLM'] }],
  [{ architectures: 'Qwen3ForCausalLM' }],
])('%j is of no known family', (config) => {
  expect(chooseTemplate({ config, tools: 'none' })).toBeNull()
})

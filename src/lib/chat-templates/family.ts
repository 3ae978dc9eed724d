import type { ChatTemplateName } from './render-chat.ts'

type TemplateFamily = 'qwen3' | 'smollm' | 'gemma3'

interface FamilyNames {
  readonly modelTypes: readonly string[]
  readonly architectures: readonly string[]
}

const families: Readonly<Record<TemplateFamily, FamilyNames>> = {
  qwen3: { modelTypes: ['qwen3'], architectures: ['Qwen3ForCausalLM'] },
  smollm: { modelTypes: ['smollm3'], architectures: ['SmolLM3ForCausalLM'] },
  gemma3: {
    modelTypes: ['gemma3', 'gemma3_text'],
    architectures: ['Gemma3ForConditionalGeneration', 'Gemma3ForCausalLM'],
  },
}

export interface ChooseTemplateOptions {
  /** The base model's `config.json`. */
  readonly config: unknown
  /** Whether the benchmark's requests carry tools. */
  readonly tools: 'none' | 'offered'
}

/**
 * The template of a base model, by what its own config says it is: both its type and its architecture, where it names
 * them. Never by a path, which holds the names of agents and runs too. Null for models of no known family.
 */
export function chooseTemplate({ config, tools }: ChooseTemplateOptions): ChatTemplateName | null {
  const family = findFamily(config)
  return family === 'gemma3' && tools === 'offered' ? 'gemma3_tool_calling' : family
}

function findFamily(config: unknown): TemplateFamily | null {
  if (typeof config !== 'object' || config === null) return null
  const type = 'model_type' in config ? config.model_type : undefined
  const listed = 'architectures' in config ? config.architectures : undefined
  const architecture: unknown = Array.isArray(listed) ? listed[0] : undefined
  if (type === undefined && architecture === undefined) return null
  for (const family of ['qwen3', 'smollm', 'gemma3'] as const) {
    const { modelTypes, architectures } = families[family]
    const isType = type === undefined || modelTypes.some((name) => name === type)
    const isArchitecture = architecture === undefined || architectures.some((name) => name === architecture)
    if (isType && isArchitecture) return family
  }
  return null
}

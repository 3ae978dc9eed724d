import type { Conversation } from './conversation.ts'
import { renderGemma3ToolCalling } from './gemma3-tool-calling.ts'
import { renderGemma3 } from './gemma3.ts'
import { renderQwen3 } from './qwen3.ts'
import { renderSmollm } from './smollm.ts'

/**
 * Each stands in `catalog/templates/<name>.jinja` for engines, and here for this process: JavaScript's Jinja knows neither
 * Python's dicts in text nor its errors. A test has Python render both.
 */
export const chatTemplateNames = ['qwen3', 'smollm', 'gemma3', 'gemma3_tool_calling'] as const
export type ChatTemplateName = (typeof chatTemplateNames)[number]

const renderers: Readonly<Record<ChatTemplateName, (conversation: Conversation) => string>> = {
  qwen3: renderQwen3,
  smollm: renderSmollm,
  gemma3: renderGemma3,
  gemma3_tool_calling: renderGemma3ToolCalling,
}

export interface RenderChatOptions extends Conversation {
  readonly template: ChatTemplateName
}

/** The prompt that an engine with the template's file makes. Throws a `ChatTemplateError` where that would refuse. */
export function renderChat({ template, ...conversation }: RenderChatOptions): string {
  return renderers[template](conversation)
}

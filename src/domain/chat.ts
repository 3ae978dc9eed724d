/** The OpenAI chat-completions shapes that benchmarks, engines and evaluators exchange. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string
}

export interface ChatTool {
  readonly type: 'function'
  readonly function: { readonly name: string; readonly description: string; readonly parameters: unknown }
}

export interface ChatToolCall {
  readonly name: string
  /** JSON, as the model wrote it. */
  readonly arguments: string
}

/** One generation request. Absent sampling fields are left to the submitted model's own generation_config. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ChatTool[]
  readonly maxTokens: number
  readonly temperature?: number
  readonly topP?: number
  readonly seed?: number
  readonly stop?: readonly string[]
}

/** What the model answered, or why it did not. */
export interface ChatOutput {
  readonly text: string
  /** Only from engines that read them out of the text; then `text` is what stood before the first. */
  readonly toolCalls?: readonly ChatToolCall[]
  readonly finishReason: string
  readonly promptTokens: number
  readonly completionTokens: number
}

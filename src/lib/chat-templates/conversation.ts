/** The conversation that a chat template turns into a prompt, in the field names of the OpenAI API. */
export interface Conversation {
  readonly messages: readonly TemplateMessage[]
  /** As sent: their fields are printed in this order. */
  readonly tools?: readonly unknown[] | null | undefined
  /** Whether the prompt ends with the head of the assistant's turn. */
  readonly addGenerationPrompt: boolean
  /** Absent is not false: templates tell the two apart. */
  readonly enableThinking?: boolean | undefined
  /** Today as the prompt spells it, e.g. `05 March 2026`; `spellDate` does so. Only SmolLM prints it. */
  readonly date: string
  /** What the tokenizer says; only the Gemma templates print it. Default `<bos>`. */
  readonly bosToken?: string | undefined
  /** Other arguments of the SmolLM template: tools that count where `tools` is empty, and functions for its notebook. */
  readonly xmlTools?: readonly unknown[] | undefined
  readonly pythonTools?: readonly unknown[] | undefined
}

export interface TemplateMessage {
  readonly role: string
  readonly content?: string | readonly ContentPart[] | null | undefined
  readonly reasoning_content?: string | null | undefined
  readonly tool_calls?: readonly TemplateToolCall[] | null | undefined
}

export interface ContentPart {
  readonly type: string
  readonly text?: string
}

/** The call itself, or an object that holds it as `function`. */
export type TemplateToolCall = FunctionCall | { readonly function: FunctionCall }

export interface FunctionCall {
  readonly name: string
  /** An object, or JSON, which is printed as it is. */
  readonly arguments: unknown
}

/** A conversation that the template refuses, with the name and the words of the error in the Python engines. */
export class ChatTemplateError extends Error {
  readonly raises: 'TemplateError' | 'TypeError' | 'UndefinedError'

  constructor(raises: ChatTemplateError['raises'], message: string) {
    super(message)
    this.name = 'ChatTemplateError'
    this.raises = raises
  }
}

/** The first message where it is the system's. */
export function systemMessage({ messages }: Conversation): TemplateMessage | undefined {
  const [first] = messages
  if (first === undefined) throw new ChatTemplateError('UndefinedError', 'list object has no element 0')
  return first.role === 'system' ? first : undefined
}

/** For the templates that know text only: a list of parts counts as nothing. */
export function textContent({ content }: TemplateMessage): string {
  return typeof content === 'string' ? content : ''
}

export function functionCalls({ tool_calls: calls }: TemplateMessage): FunctionCall[] {
  return (calls ?? []).map((call) => ('function' in call ? call.function : call))
}

import type { ApiId, WireId } from '../../../src/domain/gateway.ts'

/** A model call as an agent makes it. */
export interface Call {
  readonly wire: WireId
  readonly api: ApiId
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  /** The status at which this wire's CLIs give up at once. */
  readonly finalStatus: number
}

const model = 'test-model'

export function callsFor(stream: boolean, maxTokens = 100): Call[] {
  return [
    {
      wire: 'anthropic-messages',
      api: 'anthropic',
      path: '/anthropic/v1/messages?beta=true',
      body: { model, stream, max_tokens: maxTokens, messages: [{ role: 'user', content: 'hi' }] },
      finalStatus: 403,
    },
    {
      wire: 'openai-responses',
      api: 'openai',
      path: '/openai/v1/responses',
      body: { model, stream, max_output_tokens: maxTokens, input: [{ role: 'user', content: 'hi' }] },
      finalStatus: 400,
    },
    {
      wire: 'openai-chat',
      api: 'openai',
      path: '/openai/v1/chat/completions',
      body: { model, stream, max_tokens: maxTokens, messages: [{ role: 'user', content: 'hi' }] },
      finalStatus: 400,
    },
    {
      wire: 'gemini',
      api: 'gemini',
      path: `/gemini/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
      body: { contents: [{ parts: [{ text: 'hi' }] }], generationConfig: { maxOutputTokens: maxTokens } },
      finalStatus: 403,
    },
  ]
}

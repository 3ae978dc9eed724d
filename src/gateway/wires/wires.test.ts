import { describe, expect, it } from 'vitest'
import { anthropic } from './anthropic.ts'
import { gemini } from './gemini.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import { noUsage } from './wire.ts'

describe('limits of an answer', () => {
  it('are what the request states, the largest of several, and none where only the provider understands it', () => {
    expect(anthropic.readRequest({ max_tokens: 5 }).outputLimit).toBe(5)
    expect(openaiResponses.readRequest({}).outputLimit).toBeNull()
    expect(openaiChat.readRequest({ max_tokens: 5, max_completion_tokens: 9 }).outputLimit).toBe(9)
    expect(openaiChat.readRequest({ max_tokens: 5, max_completion_tokens: '9' }).outputLimit).toBeNull()
    expect(openaiChat.readRequest({ max_tokens: -1 }).outputLimit).toBeNull()
    expect(
      gemini.readRequest({
        generationConfig: { maxOutputTokens: 5 },
        generation_config: { max_output_tokens: 900, candidate_count: 3 },
      }),
    ).toMatchObject({ outputLimit: 900, answers: 3 })
  })
})

describe('a prompt', () => {
  it.each([
    [anthropic, { messages: [{ content: [{ type: 'document', source: {} }] }] }],
    [anthropic, { tools: [{ type: 'web_search_20250305' }] }],
    [openaiResponses, { previous_response_id: 'resp_1' }],
    [openaiResponses, { input: [{ content: [{ type: 'input_file' }] }] }],
    [openaiResponses, { tools: [{ type: 'web_search' }] }],
    [openaiChat, { messages: [{ content: [{ type: 'image_url' }] }] }],
    [gemini, { contents: [{ parts: [{ inline_data: {} }] }] }],
    [gemini, { tools: [{ functionDeclarations: [] }, { googleSearch: {} }] }],
  ])('of %o can be longer than its body: %j', (wire, body) => {
    expect(wire.readRequest(body).hasHiddenInput).toBe(true)
  })

  it.each([
    [anthropic, { messages: [{ content: 'an image' }], tools: [{ name: 'Bash' }] }],
    [openaiResponses, { previous_response_id: null, tools: [{ type: 'function' }, { type: 'custom' }] }],
    [gemini, { tools: [{ functionDeclarations: [] }] }],
  ])('of %o cannot where it is text alone: %j', (wire, body) => {
    expect(wire.readRequest(body).hasHiddenInput).toBe(false)
  })
})

describe('usage', () => {
  it('of Anthropic is told in two parts, each field as it was told last', () => {
    const started = anthropic.readUsage(
      {
        type: 'message_start',
        message: {
          usage: {
            input_tokens: 3,
            cache_creation_input_tokens: 7,
            cache_creation: { ephemeral_1h_input_tokens: 2 },
            cache_read_input_tokens: 5,
            output_tokens: 1,
          },
        },
      },
      noUsage,
    )
    const first = { input: 3, cachedInput: 5, cacheWrite: 5, cacheWriteHour: 2, output: 1, reasoning: null }
    expect(started).toEqual({ tokens: first, final: false })
    const usage = { output_tokens: 40, output_tokens_details: { thinking_tokens: 30 } }
    expect(anthropic.readUsage({ type: 'message_delta', usage }, started)).toEqual({
      tokens: { ...first, output: 40, reasoning: 30 },
      final: true,
    })
  })

  it('of Gemini counts thoughts, what tools brought in, and is final with a reason to end', () => {
    const usageMetadata = {
      promptTokenCount: 10,
      toolUsePromptTokenCount: 5,
      cachedContentTokenCount: 4,
      candidatesTokenCount: 2,
      thoughtsTokenCount: 3,
    }
    const tokens = { input: 11, cachedInput: 4, cacheWrite: 0, cacheWriteHour: 0, output: 5, reasoning: 3 }
    expect(gemini.readUsage({ usageMetadata }, noUsage)).toEqual({ tokens, final: false })
    const candidates = [{ finishReason: 'STOP' }]
    expect(gemini.readUsage({ usageMetadata, candidates }, noUsage)).toEqual({ tokens, final: true })
  })

  it('that says less than nothing of the fresh prompt is cut to it', () => {
    const usage = { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 50 } }
    expect(openaiChat.readUsage({ choices: [], usage }, noUsage).tokens).toMatchObject({
      input: 0,
      cachedInput: 5,
    })
  })

  it('in the middle of a stream is not the last word', () => {
    const usage = { prompt_tokens: 5, completion_tokens: 1 }
    expect(openaiChat.readUsage({ choices: [{ delta: {} }], usage }, noUsage).final).toBe(false)
  })
})

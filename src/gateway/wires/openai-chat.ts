import { listOf, nameOf, recordOf, type JsonRecord } from '../../lib/loose-json.ts'
import { holds } from './holds.ts'
import { openaiTierRefusal } from './openai-tier.ts'
import { answersIn, outputLimitOf, tokensIn, type Usage, type Wire } from './wire.ts'

/** OpenAI Chat Completions and those who speak it too: `POST /v1/chat/completions`. */
export const openaiChat = {
  id: 'openai-chat',
  api: 'openai',
  readRequest(body) {
    return {
      model: nameOf(body['model']),
      streamed: body['stream'] === true,
      outputLimit: outputLimitOf([body['max_completion_tokens'], body['max_tokens']]),
      answers: answersIn([body['n']]),
      hasHiddenInput: body['web_search_options'] !== undefined || holds(body['messages'], { types: media }),
      unmetered: openaiTierRefusal(body),
    }
  },
  /** A stream tells its usage only to those who ask for it. */
  prepare(body) {
    if (body['stream'] !== true) return body
    return { ...body, stream_options: { ...recordOf(body['stream_options']), include_usage: true } }
  },
  /** The last chunk tells it, with no choices; some providers tell it in every chunk. */
  readUsage(answer, before) {
    const usage = recordOf(answer['usage'])
    const tokens = usage === null ? null : tokensOf(usage)
    if (tokens === null) return before
    const choices = listOf(answer['choices'])
    const ended =
      choices.length === 0 || choices.some((one) => typeof recordOf(one)?.['finish_reason'] === 'string')
    return { tokens, final: ended || before.final }
  },
} as const satisfies Wire

const media = new Set<unknown>(['image_url', 'video_url', 'input_audio', 'file'])

function tokensOf(usage: JsonRecord): Usage['tokens'] {
  const prompt = tokensIn(usage['prompt_tokens'])
  const output = tokensIn(usage['completion_tokens'])
  if (prompt === null || output === null) return null
  const cached = tokensIn(recordOf(usage['prompt_tokens_details'])?.['cached_tokens'])
  // DeepSeek's name for it
  const cachedInput = Math.min(cached ?? tokensIn(usage['prompt_cache_hit_tokens']) ?? 0, prompt)
  const reasoning = tokensIn(recordOf(usage['completion_tokens_details'])?.['reasoning_tokens'])
  return {
    input: prompt - cachedInput,
    cachedInput,
    cacheWrite: 0,
    cacheWriteHour: 0,
    output,
    reasoning: reasoning === null ? null : Math.min(reasoning, output),
  }
}

import { listOf, nameOf, recordOf, type JsonRecord } from '../../lib/loose-json.ts'
import { holds } from './holds.ts'
import { openaiTierRefusal } from './openai-tier.ts'
import { outputLimitOf, tokensIn, type Usage, type Wire } from './wire.ts'

/** OpenAI Responses: `POST /v1/responses`, and `/v1/responses/compact`, whose answer tells its usage the same way. */
export const openaiResponses = {
  id: 'openai-responses',
  api: 'openai',
  readRequest(body) {
    return {
      model: nameOf(body['model']),
      streamed: body['stream'] === true,
      outputLimit: outputLimitOf([body['max_output_tokens']]),
      answers: 1,
      hasHiddenInput:
        isSet(body['previous_response_id']) ||
        isSet(body['conversation']) ||
        isSet(body['prompt']) ||
        runsTools(body) ||
        holds(body['input'], { types: media }),
      unmetered: isSet(body['background'])
        ? 'an answer in the background is told to nobody'
        : openaiTierRefusal(body),
    }
  },
  prepare: (body) => body,
  /** In a stream, `response.completed`, `.incomplete` or `.failed` tells it; earlier events say `"usage": null`. */
  readUsage(answer, before) {
    const response = recordOf(answer['response']) ?? answer
    const usage = recordOf(response['usage'])
    if (usage === null) return before
    const tokens = tokensOf(usage)
    return tokens === null ? before : { tokens, final: true }
  },
} as const satisfies Wire

const media = new Set<unknown>([
  'input_image',
  'input_file',
  'input_audio',
  'item_reference',
  'computer_screenshot',
])

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false
}

/** Tools that the provider runs put their results into the prompt of the next round, within one request. */
function runsTools(body: JsonRecord): boolean {
  return listOf(body['tools']).some((tool) => {
    const type = recordOf(tool)?.['type']
    return typeof type === 'string' && !ownTools.has(type)
  })
}

const ownTools = new Set(['function', 'custom', 'local_shell', 'apply_patch', 'namespace'])

function tokensOf(usage: JsonRecord): Usage['tokens'] {
  const prompt = tokensIn(usage['input_tokens'])
  const output = tokensIn(usage['output_tokens'])
  if (prompt === null || output === null) return null
  const details = recordOf(usage['input_tokens_details'])
  const cachedInput = Math.min(tokensIn(details?.['cached_tokens']) ?? 0, prompt)
  const cacheWrite = Math.min(tokensIn(details?.['cache_write_tokens']) ?? 0, prompt - cachedInput)
  const reasoning = tokensIn(recordOf(usage['output_tokens_details'])?.['reasoning_tokens'])
  return {
    input: prompt - cachedInput - cacheWrite,
    cachedInput,
    cacheWrite,
    cacheWriteHour: 0,
    output,
    reasoning: reasoning === null ? null : Math.min(reasoning, output),
  }
}

import { listOf, nameOf, recordOf, type JsonRecord } from '../../lib/loose-json.ts'
import { holds } from './holds.ts'
import { outputLimitOf, tokensIn, type Usage, type Wire } from './wire.ts'

/** Anthropic Messages: `POST /v1/messages`. */
export const anthropic = {
  id: 'anthropic-messages',
  api: 'anthropic',
  readRequest(body) {
    return {
      model: nameOf(body['model']),
      streamed: body['stream'] === true,
      outputLimit: outputLimitOf([body['max_tokens']]),
      answers: 1,
      hasHiddenInput:
        body['mcp_servers'] !== undefined ||
        body['container'] !== undefined ||
        runsTools(body) ||
        holds(body['messages'], { types: media }),
      unmetered:
        body['speed'] === undefined || body['speed'] === 'standard'
          ? null
          : 'its speed has a price that the catalogue does not know',
    }
  },
  prepare: (body) => body,
  /** `message_start` tells the prompt, `message_delta` the whole so far: each field as it was told last. */
  readUsage(answer, before) {
    const message = recordOf(answer['message']) ?? answer
    const usage = recordOf(message['usage'])
    if (usage === null) return before
    const final = answer['type'] === 'message_delta' || answer['type'] === 'message'
    return { tokens: tokensOf(usage, before), final: final || before.final }
  },
} as const satisfies Wire

const media = new Set<unknown>(['image', 'document', 'container_upload'])

/** Server tools put their results into the prompt of the next round, within one request. */
function runsTools(body: JsonRecord): boolean {
  return listOf(body['tools']).some((tool) => {
    const type = recordOf(tool)?.['type']
    return typeof type === 'string' && /^(?:web_search|web_fetch|code_execution|mcp_toolset)/u.test(type)
  })
}

function tokensOf(usage: JsonRecord, { tokens: before }: Usage): Usage['tokens'] {
  const input = tokensIn(usage['input_tokens']) ?? before?.input
  const output = tokensIn(usage['output_tokens']) ?? before?.output
  if (input === undefined || output === undefined) return before
  const written = tokensIn(usage['cache_creation_input_tokens'])
  const hour = tokensIn(recordOf(usage['cache_creation'])?.['ephemeral_1h_input_tokens'])
  const cacheWriteHour = Math.min(hour ?? before?.cacheWriteHour ?? 0, written ?? Infinity)
  const reasoning =
    tokensIn(recordOf(usage['output_tokens_details'])?.['thinking_tokens']) ?? before?.reasoning ?? null
  return {
    input,
    cachedInput: tokensIn(usage['cache_read_input_tokens']) ?? before?.cachedInput ?? 0,
    cacheWrite: written === null ? (before?.cacheWrite ?? 0) : written - cacheWriteHour,
    cacheWriteHour,
    output,
    reasoning: reasoning === null ? null : Math.min(reasoning, output),
  }
}

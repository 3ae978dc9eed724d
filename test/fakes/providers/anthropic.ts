import { frame, json, recordsIn, type FakeApi, type FakeRequest, type Reply } from './reply.ts'
import { callsOf, pieces, usageOf, type Turn } from './scenario.ts'

const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

/** Anthropic Messages. */
export const anthropicApi: FakeApi = {
  keyHeader: 'x-api-key',
  version: '/v1',
  tools: (body) => recordsIn(body['tools']).map(({ name }) => String(name)),
  answer({ method, path, body }, turn) {
    if (path === '/v1/messages/count_tokens')
      return json({ input_tokens: Math.ceil(JSON.stringify(body).length / 4) })
    if (path === '/v1/models') return json({ data: [], has_more: false })
    if (method !== 'POST' || path !== '/v1/messages') return json(errorBody('not_found_error', path), 404)
    return message(body, turn())
  },
  error: (status, { type, message: text }) =>
    errorBody(type ?? types[status] ?? 'api_error', text ?? 'fake error'),
}

function errorBody(type: string, message: string): unknown {
  return { type: 'error', error: { type, message }, request_id: 'req_fake' }
}

function message(body: FakeRequest['body'], turn: Turn): Reply {
  const tools = recordsIn(body['tools']).map(({ name }) => String(name))
  const { input, cached, cacheWrite, cacheWriteHour, output } = usageOf(turn)
  const usage = {
    input_tokens: input - cached - cacheWrite - cacheWriteHour,
    cache_creation_input_tokens: cacheWrite + cacheWriteHour,
    cache_read_input_tokens: cached,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWrite,
      ephemeral_1h_input_tokens: cacheWriteHour,
    },
    output_tokens: output,
    service_tier: 'standard',
  }
  const calls = callsOf(turn, tools)
  const blocks: Block[] = [
    ...(turn.reasoning === undefined
      ? []
      : [
          {
            start: { type: 'thinking', thinking: '', signature: '' },
            deltas: [
              ...pieces(turn.reasoning).map((thinking) => ({ type: 'thinking_delta', thinking })),
              { type: 'signature_delta', signature: 'ZmFrZQ==' },
            ],
            whole: { type: 'thinking', thinking: turn.reasoning, signature: 'ZmFrZQ==' },
          },
        ]),
    ...(turn.text === undefined
      ? []
      : [
          {
            start: { type: 'text', text: '' },
            deltas: pieces(turn.text).map((text) => ({ type: 'text_delta', text })),
            whole: { type: 'text', text: turn.text },
          },
        ]),
    ...calls.map(({ id, name, args }) => ({
      start: { type: 'tool_use', id, name, input: {} },
      deltas: pieces(JSON.stringify(args)).map((text) => ({ type: 'input_json_delta', partial_json: text })),
      whole: { type: 'tool_use', id, name, input: args },
    })),
  ]
  const stop_reason = turn.stop ?? (calls.length > 0 ? 'tool_use' : 'end_turn')
  const shell = { id: 'msg_fake', type: 'message', role: 'assistant', model: body['model'] }
  if (body['stream'] !== true)
    return json({
      ...shell,
      content: blocks.map(({ whole }) => whole),
      stop_reason,
      stop_sequence: null,
      usage,
    })
  const event = (type: string, data: object = {}): string => frame({ type, ...data }, type)
  const start = { ...shell, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }
  return {
    kind: 'stream',
    frames: [
      event('message_start', { message: start }),
      event('ping'),
      ...blocks.flatMap(({ start: content_block, deltas }, index) => [
        event('content_block_start', { index, content_block }),
        ...deltas.map((delta) => event('content_block_delta', { index, delta })),
        event('content_block_stop', { index }),
      ]),
      ...(turn.streamError === undefined
        ? [
            event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage }),
            event('message_stop'),
          ]
        : [event('error', { error: turn.streamError })]),
    ],
  }
}

interface Block {
  readonly start: unknown
  readonly deltas: readonly unknown[]
  readonly whole: unknown
}

import { answerChat } from './openai-chat.ts'
import { frame, json, recordsIn, type FakeApi, type FakeRequest, type Reply } from './reply.ts'
import { callsOf, pieces, usageOf, type Turn } from './scenario.ts'

const types: Readonly<Record<number, string>> = { 429: 'rate_limit_error', 500: 'server_error' }
const codes: Readonly<Record<number, string>> = { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' }

/** OpenAI Responses and Chat Completions. */
export const openaiApi: FakeApi = {
  keyHeader: 'authorization',
  version: '/v1',
  tools: toolsOf,
  answer({ method, path, body }, turn) {
    if (path === '/v1/models') return json({ object: 'list', data: [], models: [] })
    if (method === 'POST' && path === '/v1/chat/completions') return answerChat(body, toolsOf(body), turn())
    if (method === 'POST' && path === '/v1/responses') return answerResponses(body, turn())
    if (method === 'POST' && path === '/v1/responses/compact')
      return json({ id: 'resp_fake', object: 'response.compaction', output: [], usage: usageIn(turn()) })
    return json(this.error(404, { status: 404, message: `no route ${path}` }), 404)
  },
  error: (status, { type, code, message }) => ({
    error: {
      message: message ?? 'fake error',
      type: type ?? types[status] ?? 'invalid_request_error',
      param: null,
      code: code ?? codes[status] ?? null,
    },
  }),
}

/** In the body, or (Codex with newer models) in an input item. */
function toolsOf(body: FakeRequest['body']): string[] {
  const added = recordsIn(body['input']).filter(({ type }) => type === 'additional_tools')
  return [body, ...added].flatMap(({ tools }) =>
    recordsIn(tools).flatMap((tool) => {
      const inner = recordsIn([tool['function']])[0]
      return String(inner?.['name'] ?? tool['name'] ?? tool['type'])
    }),
  )
}

function usageIn(turn: Turn): unknown {
  const { input, cached, output, reasoning } = usageOf(turn)
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  }
}

function answerResponses(body: FakeRequest['body'], turn: Turn): Reply {
  const calls = callsOf(turn, toolsOf(body))
  const items = [
    ...(turn.reasoning === undefined
      ? []
      : [{ type: 'reasoning', id: 'rs_fake', summary: [{ type: 'summary_text', text: turn.reasoning }] }]),
    ...(turn.text === undefined
      ? []
      : [
          {
            type: 'message',
            id: 'msg_fake',
            status: 'completed',
            role: 'assistant',
            content: [{ type: 'output_text', text: turn.text, annotations: [] }],
          },
        ]),
    ...calls.map(({ id, name, args }) => ({
      type: 'function_call',
      id: `fc_${id}`,
      status: 'completed',
      call_id: id,
      name,
      arguments: JSON.stringify(args),
    })),
  ]
  const begun = {
    id: 'resp_fake',
    object: 'response',
    status: 'in_progress',
    model: body['model'],
    output: [],
  }
  const incomplete = turn.stop === 'max_tokens'
  const done = {
    ...begun,
    status: incomplete ? 'incomplete' : 'completed',
    ...(incomplete ? { incomplete_details: { reason: 'max_output_tokens' } } : {}),
    output: items,
    usage: usageIn(turn),
  }
  if (body['stream'] !== true) return json(done)
  let sequence = 0
  const event = (type: string, data: object): string =>
    frame({ type, sequence_number: sequence++, ...data }, type)
  const end =
    turn.streamError === undefined
      ? event(`response.${done.status}`, { response: done })
      : event('response.failed', { response: { ...begun, status: 'failed', error: turn.streamError } })
  return {
    kind: 'stream',
    frames: [
      event('response.created', { response: { ...begun, usage: null } }),
      ...items.flatMap((item, output_index) => [
        event('response.output_item.added', { output_index, item: { ...item, status: 'in_progress' } }),
        ...(item.type === 'message'
          ? pieces(turn.text ?? '').map((delta) =>
              event('response.output_text.delta', {
                item_id: item.id,
                output_index,
                content_index: 0,
                delta,
              }),
            )
          : []),
        event('response.output_item.done', { output_index, item }),
      ]),
      end,
    ],
  }
}

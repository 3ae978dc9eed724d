import { frame, json, recordsIn, type FakeRequest, type Reply } from './reply.ts'
import { callsOf, pieces, usageOf, type Turn } from './scenario.ts'

/** OpenAI Chat Completions. A stream tells its usage to those alone who ask for it. */
export function answerChat(body: FakeRequest['body'], tools: readonly string[], turn: Turn): Reply {
  const { input, cached, output, reasoning } = usageOf(turn)
  const usage = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  }
  const calls = callsOf(turn, tools).map(({ id, name, args }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }))
  const finish_reason = turn.stop === 'max_tokens' ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop'
  const base = { id: 'chatcmpl-fake', created: 1_700_000_000, model: body['model'] }
  if (body['stream'] !== true)
    return json({
      ...base,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: turn.text ?? null, tool_calls: calls },
          finish_reason,
        },
      ],
      usage,
    })
  const chunk = (choices: readonly unknown[], more: object = {}): string =>
    frame({ ...base, object: 'chat.completion.chunk', choices, ...more })
  const delta = (content: object, end: string | null = null): string =>
    chunk([{ index: 0, delta: content, finish_reason: end }])
  const asksForUsage = recordsIn([body['stream_options']])[0]?.['include_usage'] === true
  return {
    kind: 'stream',
    frames: [
      delta({ role: 'assistant', content: '' }),
      ...pieces(turn.reasoning ?? '').map((reasoning_content) => delta({ reasoning_content })),
      ...pieces(turn.text ?? '').map((content) => delta({ content })),
      ...calls.map((call) => delta({ tool_calls: [call] })),
      ...(turn.streamError === undefined
        ? [delta({}, finish_reason), ...(asksForUsage ? [chunk([], { usage })] : []), frame('[DONE]')]
        : [frame({ error: turn.streamError })]),
    ],
  }
}

import { tokenCountsSchema, wireIds, type WireId } from '../../src/domain/gateway.ts'
import { parseEndpoint } from '../../src/gateway/endpoint.ts'
import { createMeter } from '../../src/gateway/meter.ts'
import { planRequest } from '../../src/gateway/policy.ts'
import { anthropic } from '../../src/gateway/wires/anthropic.ts'
import { gemini } from '../../src/gateway/wires/gemini.ts'
import { openaiChat } from '../../src/gateway/wires/openai-chat.ts'
import { openaiResponses } from '../../src/gateway/wires/openai-responses.ts'
import type { Usage, Wire } from '../../src/gateway/wires/wire.ts'
import { createEventStreamReader } from '../../src/lib/event-stream.ts'
import { isJsonObject, parseStrictJson, StrictJsonError } from '../../src/lib/strict-json.ts'
import type { Target } from './targets.ts'

const wires: Readonly<Record<WireId, Wire>> = {
  'anthropic-messages': anthropic,
  'openai-responses': openaiResponses,
  'openai-chat': openaiChat,
  gemini,
}

const text = (...lines: string[]): Buffer => Buffer.from(lines.join('\n'))

const answers: Readonly<Record<WireId, readonly Buffer[]>> = {
  'anthropic-messages': [
    text(
      'event: message_start',
      'data: {"type":"message_start","message":{"usage":{"input_tokens":3,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_1h_input_tokens":2},"cache_read_input_tokens":5,"output_tokens":1}}}',
      '',
      'data: {"type":"message_delta","usage":{"output_tokens":9}}',
      '',
      '',
    ),
  ],
  'openai-responses': [
    text(
      'data: {"type":"response.completed","response":{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":3}}}}',
      '',
      '',
    ),
  ],
  'openai-chat': [
    text(
      'data: {"choices":[{"delta":{"content":"a"}}]}',
      '',
      'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}}',
      '',
      'data: [DONE]',
      '',
      '',
    ),
  ],
  gemini: [
    text(
      'data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":4,"candidatesTokenCount":2,"thoughtsTokenCount":3}}\r',
      '\r',
      '',
    ),
  ],
}

const requests: Readonly<Record<WireId, readonly Buffer[]>> = {
  'anthropic-messages': [
    text(
      '{"model":"m","max_tokens":5,"stream":true,"messages":[{"content":[{"type":"image"}]}],"tools":[{"type":"web_search_20250305"}]}',
    ),
  ],
  'openai-responses': [
    text('{"model":"m","max_output_tokens":5,"input":[{"type":"input_image"}],"service_tier":"auto"}'),
  ],
  'openai-chat': [text('{"model":"m","max_tokens":5,"n":2,"stream":true,"stream_options":{},"messages":[]}')],
  gemini: [
    text('{"generationConfig":{"maxOutputTokens":5,"candidateCount":2},"tools":[{"googleSearch":{}}]}'),
  ],
}

const price = {
  model: 'm',
  since: '2020-01-01',
  source: 'made up',
  usdPerMillionTokens: { input: 1, output: 5 },
  maxPromptTokens: 100_000,
  maxOutputTokens: 10_000,
}

function usageOf(wire: Wire, form: 'stream' | 'json', chunks: readonly Buffer[]): Usage {
  const meter = createMeter(wire, form)
  for (const chunk of chunks) meter.push(Buffer.from(chunk))
  return meter.end()
}

/** What is read is sound, and the same wherever the bytes are cut. */
function readAnswer(wire: Wire, form: 'stream' | 'json', bytes: Buffer): void {
  const whole = usageOf(wire, form, [bytes])
  if (whole.tokens !== null) tokenCountsSchema.parse(whole.tokens)
  const single = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1))
  const inBytes = usageOf(wire, form, single)
  if (JSON.stringify(whole) !== JSON.stringify(inBytes)) throw new Error('the cuts make a difference')
}

/** A price is promised that is a whole number and not less than nothing. */
function readRequest(wire: Wire, bytes: Buffer): void {
  const body = parseStrictJson(bytes, 200)
  if (!isJsonObject(body)) return
  const request = wire.readRequest(body)
  JSON.stringify(wire.prepare(body))
  const config = { models: { declared: ['m'], others: 'allow' as const }, prices: [price] }
  const terms = planRequest(config, { ...request, model: 'm', bodyBytes: bytes.length, day: '2026-01-01' })
  if ('refuse' in terms) return
  const { worstNanoUsd } = terms
  if (worstNanoUsd === null || !Number.isSafeInteger(worstNanoUsd) || worstNanoUsd < 0)
    throw new Error(`${worstNanoUsd} was promised`)
}

function readUrl(bytes: Buffer): void {
  const upstreams = {
    a: { api: 'anthropic', baseUrl: 'x', key: 'y' },
    g: { api: 'gemini', baseUrl: 'x', key: 'y' },
  } as const
  const endpoint = parseEndpoint('POST', bytes.toString('latin1'), upstreams)
  if (endpoint !== null && !/^\/[A-Za-z0-9/_.:?=&-]+$/u.test(endpoint.path))
    throw new Error(`${endpoint.path} would be asked for`)
}

/** Everything of the gateway's that reads what an agent or a provider sends. */
export const gatewayTargets: readonly Target[] = [
  ...wireIds.flatMap((id): Target[] => [
    {
      name: `request, ${id}`,
      seeds: requests[id],
      read: (bytes) => readRequest(wires[id], bytes),
      allowed: [StrictJsonError],
    },
    {
      name: `stream, ${id}`,
      seeds: answers[id],
      read: (bytes) => readAnswer(wires[id], 'stream', bytes),
      allowed: [],
    },
    {
      name: `answer, ${id}`,
      seeds: answers[id].map((bytes) =>
        Buffer.from(/data: (\{"(?:type|choices":\[\]|candidates).*)/u.exec(bytes.toString())?.[1] ?? ''),
      ),
      read: (bytes) => readAnswer(wires[id], 'json', bytes),
      allowed: [],
    },
  ]),
  {
    name: 'event stream',
    seeds: [text('data: a', 'data:b', '', ': comment', 'event: x', 'data:', '', '')],
    read(bytes) {
      const reader = createEventStreamReader(32)
      return [...reader.push(bytes), reader.end()]
    },
    allowed: [],
  },
  {
    name: 'request line',
    seeds: [
      text('/a/v1/messages?beta=true'),
      text('/g/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse'),
    ],
    read: readUrl,
    allowed: [],
  },
]

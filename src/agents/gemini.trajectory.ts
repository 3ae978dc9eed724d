import { findCause } from '../domain/end-reason.ts'
import type { TrajectoryBuilder } from '../domain/trajectory-builder.ts'
import type { TrajectoryFormat, TranscriptInterpreter } from '../domain/trajectory-format.ts'
import type { Tokens } from '../domain/trajectory-usage.ts'
import { isoTime } from '../lib/iso-time.ts'
import { countOf, nameOf, recordOf, textOf, without, type JsonRecord } from '../lib/loose-json.ts'
import { createGeminiResponses } from './gemini-responses.ts'

const types = new Set(['init', 'message', 'tool_use', 'tool_result', 'error', 'result'])

/**
 * `gemini --output-format stream-json`; `--output-format json`, which is one object at the end; and the API's own
 * responses, which early versions printed. There is no text of reasoning, and `output_tokens` leaves thoughts out.
 */
export const gemini = {
  id: 'gemini',
  agent: 'gemini-cli',
  names: ['gemini', 'gemini-cli', 'gemini_cli'],
  recognises: (event) =>
    (typeof event['type'] === 'string' &&
      types.has(event['type']) &&
      typeof event['timestamp'] === 'string' &&
      !('parent_tool_use_id' in event)) ||
    isDocument(event) ||
    responseOf(event) !== null,
  interpret,
} as const satisfies TrajectoryFormat

function interpret(builder: TrajectoryBuilder): TranscriptInterpreter {
  const responses = createGeminiResponses(builder)
  /** The last error, if nothing was said after it. */
  let stopped: string | null = null

  function readMessage(event: JsonRecord, at: string | null): void {
    const text = textOf(event['content']) ?? ''
    const extra = without(event, 'type', 'timestamp', 'role', 'content', 'delta')
    if (event['role'] === 'user') return builder.main.user({ text, at, extra })
    const step = builder.main.turn(event['delta'] === true ? 'delta' : 'message', at)
    if (event['delta'] === true) step.delta(event['thought'] === true ? 'reasoning' : 'message', text)
    else step.say('message', text)
    step.extra({ ...extra, ...(at === null ? {} : { times: [at] }) })
  }

  function readCall(event: JsonRecord, at: string | null): void {
    builder.main.turn('call', at).call({
      id: nameOf(event['tool_id']) ?? 'unnamed',
      name: nameOf(event['tool_name']) ?? 'unnamed',
      arguments: event['parameters'],
      at,
      extra: without(event, 'type', 'timestamp', 'tool_id', 'tool_name', 'parameters'),
    })
  }

  function readToolResult(event: JsonRecord, at: string | null): void {
    const { output } = event
    builder.main.result({
      call: nameOf(event['tool_id']) ?? 'unnamed',
      content: typeof output === 'string' ? output : textOf(recordOf(event['error'])?.['message']),
      at,
      failed: event['status'] === 'error',
      extra: {
        ...without(event, 'type', 'timestamp', 'tool_id', 'output'),
        ...(output === undefined || typeof output === 'string' ? {} : { output }),
      },
    })
  }

  function readResult(event: JsonRecord, at: string | null): void {
    const stats = recordOf(event['stats'])
    const tokens = statedTokens(stats)
    if (tokens !== null) builder.usage.stateTokens('', tokens, 'add')
    if (stats !== null) builder.usage.quote(stats)
    conclude(event, at)
  }

  function conclude(event: JsonRecord, at: string | null): void {
    const error = recordOf(event['error'])
    if (event['status'] !== 'error' && error === null) {
      const cause = stopped === null ? null : findCause(stopped)
      builder.main.note({ kind: 'result', at, event })
      // a loop, or the limit of turns: an error is printed, and a success
      if (stopped !== null && (cause === 'turn_limit' || cause === 'context_limit' || cause === 'policy'))
        return builder.settle({ ok: false, message: stopped, cause })
      return builder.settle({ ok: true })
    }
    const message = textOf(error?.['message']) ?? 'error'
    builder.main.note({ kind: 'result', at, text: message, event, failed: true })
    const code = error?.['code']
    builder.settle({
      ok: false,
      message,
      status: typeof code === 'number' ? code : null,
      codes: [
        error?.['type'],
        ...[...message.matchAll(/"status":"(\w+)"/gu)].map(([, status]) => status),
      ].flatMap((one) => nameOf(one) ?? []),
    })
  }

  function readError(event: JsonRecord, at: string | null): void {
    const message = textOf(event['message']) ?? ''
    stopped = message
    builder.error(message)
    builder.main.note({ kind: 'error', at, text: message, event, failed: event['severity'] !== 'warning' })
  }

  /** `--output-format json`. */
  function readDocument(event: JsonRecord, at: string | null): void {
    builder.session({ id: nameOf(event['session_id']) })
    const response = textOf(event['response'])
    if (response !== null) builder.main.turn('message', at).say('message', response)
    const stats = recordOf(event['stats'])
    for (const [model, value] of Object.entries(recordOf(stats?.['models']) ?? {})) {
      const tokens = documentTokens(recordOf(recordOf(value)?.['tokens']))
      if (tokens !== null) builder.usage.stateTokens('', tokens, 'add')
      builder.session({ model })
    }
    if (stats !== null) builder.usage.quote(stats)
    conclude(event, at)
  }

  return {
    event({ event, at: taken }) {
      const at = isoTime(event['timestamp']) ?? taken
      const response = responseOf(event)
      if (isDocument(event)) return readDocument(event, at)
      if (response !== null) return responses.event(event, response, at)
      switch (event['type']) {
        case 'init':
          builder.session({ id: nameOf(event['session_id']), model: nameOf(event['model']) })
          return builder.main.note({ kind: 'init', at, event })
        case 'message':
          stopped = null
          return readMessage(event, at)
        case 'thought':
          return builder.main.turn('reasoning', at).say('reasoning', thoughtOf(event))
        case 'tool_use':
          return readCall(event, at)
        case 'tool_result':
          return readToolResult(event, at)
        case 'error':
          return readError(event, at)
        case 'result':
          return readResult(event, at)
        default:
          return builder.unknown({ event, type: textOf(event['type']) ?? 'unnamed', at })
      }
    },
  }
}

function thoughtOf(event: JsonRecord): string {
  return (
    textOf(event['content']) ??
    textOf(event['text']) ??
    JSON.stringify(without(event, 'type', 'timestamp') ?? {})
  )
}

function isDocument(event: JsonRecord): boolean {
  return (
    event['type'] === undefined &&
    ('stats' in event || 'session_id' in event || recordOf(event['error']) !== null) &&
    (typeof event['response'] === 'string' ||
      recordOf(event['error']) !== null ||
      recordOf(event['stats']) !== null)
  )
}

function responseOf(event: JsonRecord): JsonRecord | null {
  const inner = recordOf(event['response'])
  const response = inner !== null && ('candidates' in inner || 'usageMetadata' in inner) ? inner : event
  return Array.isArray(response['candidates']) || recordOf(response['usageMetadata']) !== null
    ? response
    : null
}

function statedTokens(stats: JsonRecord | null): Tokens | null {
  const prompt = countOf(stats?.['input_tokens'])
  const completion = countOf(stats?.['output_tokens'])
  if (stats === null || prompt === null) return null
  const total = countOf(stats['total_tokens'])
  return {
    prompt,
    cached: countOf(stats['cached']),
    completion,
    ...(total === null
      ? {}
      : { reasoning: Math.max(0, total - prompt - (completion ?? 0)), reasoningBeside: true }),
  }
}

function documentTokens(tokens: JsonRecord | null): Tokens | null {
  const prompt = countOf(tokens?.['prompt'])
  if (tokens === null || prompt === null) return null
  return {
    prompt,
    cached: countOf(tokens['cached']),
    completion: countOf(tokens['candidates']),
    reasoning: countOf(tokens['thoughts']),
    reasoningBeside: true,
  }
}

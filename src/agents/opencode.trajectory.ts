import type { TrajectoryBuilder } from '../domain/trajectory-builder.ts'
import type { TrajectoryFormat, TranscriptInterpreter } from '../domain/trajectory-format.ts'
import type { OpenStep } from '../domain/trajectory-thread.ts'
import { metricsOf, type Tokens } from '../domain/trajectory-usage.ts'
import { isoTime } from '../lib/iso-time.ts'
import { countOf, nameOf, numberOf, recordOf, textOf, without, type JsonRecord } from '../lib/loose-json.ts'

const types = new Set(['step_start', 'step_finish', 'text', 'reasoning', 'tool_use', 'error'])

/**
 * `opencode run --format json`. A tool is told only when it has ended, retries and subagents not at all, and there is no
 * last event but a `step_finish` whose reason is not "tool-calls". Its `input` leaves the cache out, its `output` reasoning.
 */
export const opencode = {
  id: 'opencode',
  agent: 'opencode',
  names: ['opencode', 'open-code'],
  recognises: (event) =>
    typeof event['type'] === 'string' &&
    types.has(event['type']) &&
    ('sessionID' in event || typeof recordOf(event['part'])?.['sessionID'] === 'string'),
  interpret,
} as const satisfies TrajectoryFormat

function interpret(builder: TrajectoryBuilder): TranscriptInterpreter {
  function stepOf(event: JsonRecord, at: string | null): OpenStep {
    const part = recordOf(event['part'])
    const step = builder.main.step(`message ${nameOf(part?.['messageID']) ?? ''}`, at)
    step.llmCalls(1)
    return step
  }

  function readText(event: JsonRecord, part: JsonRecord, at: string | null): void {
    const step = stepOf(event, isoTime(recordOf(part['time'])?.['start']) ?? at)
    const text = textOf(part['text']) ?? ''
    if (event['type'] === 'reasoning') step.say('reasoning', text)
    else step.say('message', text)
    step.extra({ parts: [{ timestamp: event['timestamp'], ...without(part, 'text', 'sessionID') }] })
  }

  function readTool(event: JsonRecord, part: JsonRecord, at: string | null): void {
    const state = recordOf(part['state']) ?? {}
    const time = recordOf(state['time'])
    const id = nameOf(part['callID']) ?? nameOf(part['id']) ?? 'unnamed'
    const ended = state['status'] === 'completed' || state['status'] === 'error'
    if (!builder.main.awaits(id))
      stepOf(event, at).call({
        id,
        name: nameOf(part['tool']) ?? 'unnamed',
        arguments: state['input'],
        at: isoTime(time?.['start']) ?? at,
        extra: { told: event['timestamp'], ...without(part, 'tool', 'callID', 'state', 'sessionID') },
      })
    if (!ended) return builder.main.note({ kind: 'tool_use', at, event })
    const output = textOf(state['output']) ?? textOf(state['error'])
    builder.main.result({
      call: id,
      content: output,
      at: isoTime(time?.['end']) ?? at,
      failed: state['status'] === 'error',
      extra: without(state, 'input', 'output'),
    })
  }

  function readFinish(event: JsonRecord, part: JsonRecord, at: string | null): void {
    const tokens = tokensOf(recordOf(part['tokens']))
    const usd = numberOf(part['cost'])
    const reason = nameOf(part['reason'])
    const step = stepOf(event, at)
    if (tokens !== null) step.metrics(metricsOf(tokens, usd))
    step.extra({ parts: [{ timestamp: event['timestamp'], ...without(part, 'sessionID') }] })
    const session = nameOf(event['sessionID']) ?? ''
    if (tokens !== null) builder.usage.stateTokens(session, tokens, 'add')
    if (usd !== null) builder.usage.stateCost(session, usd, 'add')
    conclude(reason)
  }

  function conclude(reason: string | null): void {
    if (reason === 'content-filter')
      builder.settle({
        ok: false,
        message: 'the provider filtered the answer: content-filter',
        cause: 'policy',
      })
    else if (reason === 'length')
      builder.settle({ ok: false, message: 'the answer reached its longest length', cause: 'context_limit' })
    else if (reason === 'error') builder.settle({ ok: false, message: 'a step ended with an error' })
    else if (reason !== 'tool-calls') builder.settle({ ok: true })
  }

  function readError(event: JsonRecord, at: string | null): void {
    const error = recordOf(event['error'])
    const data = recordOf(error?.['data'])
    const message =
      textOf(data?.['message']) ?? textOf(error?.['message']) ?? textOf(event['error']) ?? 'error'
    const name = nameOf(error?.['name'])
    builder.main.note({
      kind: 'error',
      at,
      text: name === null ? message : `${name}: ${message}`,
      event,
      failed: true,
    })
    builder.settle({
      ok: false,
      message,
      status: numberOf(data?.['statusCode']),
      codes: [name, bodyType(textOf(data?.['responseBody']))].flatMap((code) => code ?? []),
      ...(name === 'MessageAbortedError' ? { cause: 'interrupted' as const } : {}),
    })
  }

  return {
    event({ event, at: taken }) {
      const at = isoTime(event['timestamp']) ?? taken
      const part = recordOf(event['part'])
      builder.session({ id: nameOf(event['sessionID']) })
      if (event['type'] === 'error') return readError(event, at)
      if (part === null) return builder.unknown({ event, type: textOf(event['type']) ?? 'unnamed', at })
      switch (event['type']) {
        case 'step_start':
          return stepOf(event, at).extra({
            parts: [{ timestamp: event['timestamp'], ...without(part, 'sessionID') }],
          })
        case 'text':
        case 'reasoning':
          return readText(event, part, at)
        case 'tool_use':
          return readTool(event, part, at)
        case 'step_finish':
          return readFinish(event, part, at)
        default:
          return builder.unknown({ event, type: textOf(event['type']) ?? 'unnamed', at })
      }
    },
  }
}

function bodyType(body: string | null): string | null {
  return /"type":"(?!error")(\w+)"/u.exec(body?.slice(0, 2000) ?? '')?.[1] ?? null
}

function tokensOf(tokens: JsonRecord | null): Tokens | null {
  const input = countOf(tokens?.['input'])
  if (tokens === null || input === null) return null
  const cache = recordOf(tokens['cache'])
  const cached = countOf(cache?.['read'])
  const cacheWrite = countOf(cache?.['write'])
  return {
    prompt: input + (cached ?? 0) + (cacheWrite ?? 0),
    cached,
    cacheWrite,
    completion: countOf(tokens['output']),
    reasoning: countOf(tokens['reasoning']),
    reasoningBeside: true,
  }
}

import { findCause, type EndCause, type Settlement } from '../domain/end-reason.ts'
import type { TrajectoryBuilder } from '../domain/trajectory-builder.ts'
import type { TrajectoryFormat, TranscriptEvent, TranscriptInterpreter } from '../domain/trajectory-format.ts'
import type { OpenStep, Thread } from '../domain/trajectory-thread.ts'
import { metricsOf } from '../domain/trajectory-usage.ts'
import { readBlocks, readResultContent, tokensOf } from './claude-blocks.ts'
import { createClaudeStreams } from './claude-streams.ts'
import { createClaudeUsage } from './claude-usage.ts'
import { listOf, nameOf, numberOf, recordOf, textOf, without, type JsonRecord } from '../lib/loose-json.ts'
import { isoTime } from '../lib/iso-time.ts'

const types = new Set([
  'system',
  'assistant',
  'user',
  'result',
  'stream_event',
  'tool_progress',
  'rate_limit_event',
])

/**
 * `claude -p --output-format stream-json`. An `assistant` event is one block of a message; the events of a message share
 * its id and its usage, of which `output_tokens` is the value at the start. A run has a `result` per time that the model
 * was called anew: a command in the background that ends makes another one.
 */
export const claude = {
  id: 'claude',
  agent: 'claude-code',
  names: ['claude', 'claude-code', 'claude_code'],
  recognises: (event) =>
    typeof event['type'] === 'string' &&
    types.has(event['type']) &&
    (typeof event['session_id'] === 'string' ||
      typeof event['uuid'] === 'string' ||
      'parent_tool_use_id' in event),
  interpret,
} as const satisfies TrajectoryFormat

function interpret(builder: TrajectoryBuilder): TranscriptInterpreter {
  const usage = createClaudeUsage(builder.usage)
  const streams = createClaudeStreams()
  /** What the CLI last said in the model's name. */
  let synthetic = ''

  /** Events of a subagent name the call that it works for. */
  function threadOf(event: JsonRecord): Thread {
    const parent = nameOf(event['parent_tool_use_id'])
    return parent === null ? builder.main : builder.main.subagent(parent)
  }

  function readSystem(event: JsonRecord, at: string | null): void {
    const subtype = nameOf(event['subtype']) ?? 'system'
    if (subtype === 'init')
      builder.session({
        id: nameOf(event['session_id']),
        model: nameOf(event['model']),
        version: nameOf(event['claude_code_version']),
        tools: listOf(event['tools']).flatMap((tool) => nameOf(tool) ?? []),
      })
    if (subtype === 'api_retry')
      builder.error(`${textOf(event['error']) ?? 'error'} ${numberOf(event['error_status']) ?? ''}, retried`)
    trackBackground(event, subtype)
    const text = describeSystem(event, subtype)
    // what ATIF calls it when a context is summarised
    const extra =
      subtype === 'compact_boundary' ? { context_management: event['compact_metadata'] ?? {} } : {}
    builder.main.note({ kind: subtype, at, text, event, extra })
  }

  function trackBackground(event: JsonRecord, subtype: string): void {
    const task = nameOf(event['task_id'])
    if (subtype === 'background_tasks_changed') {
      builder.background.clear()
      for (const one of listOf(event['tasks'])) {
        const id = nameOf(recordOf(one)?.['task_id'])
        if (id !== null) builder.background.add(id)
      }
    } else if (task !== null && subtype === 'task_started') {
      if (event['is_backgrounded'] === true) builder.background.add(task)
    } else if (task !== null && subtype === 'task_notification') builder.background.delete(task)
  }

  function readAssistant(event: JsonRecord, at: string | null): void {
    const message = recordOf(event['message'])
    if (message === null) return builder.unknown({ event, type: 'assistant', at })
    const blocks = listOf(message['content'])
    if (message['model'] === '<synthetic>') return readSynthetic(event, message, at)
    const id = nameOf(message['id']) ?? nameOf(event['uuid']) ?? ''
    streams.finish(id)
    const thread = threadOf(event)
    const step = thread.step(`message ${id}`, at)
    readBlocks(
      step,
      thread,
      typeof message['content'] === 'string' ? [{ type: 'text', text: message['content'] }] : blocks,
      at,
    )
    describeMessage(step, event, message)
  }

  function describeMessage(step: OpenStep, event: JsonRecord, message: JsonRecord): void {
    const model = nameOf(message['model'])
    if (model !== null) step.model(model)
    step.llmCalls(1)
    const tokens = streams.tokens(nameOf(message['id']) ?? '') ?? tokensOf(recordOf(message['usage']))
    if (tokens !== null) step.metrics(metricsOf(tokens))
    const envelope = without(event, 'type', 'message', 'parent_tool_use_id')
    step.extra({
      message: without(message, 'content', 'model', 'role', 'type'),
      events: [envelope],
      ...(nameOf(event['parent_tool_use_id']) === null ? {} : { is_sidechain: true }),
    })
    if (message['stop_reason'] === 'refusal') builder.error('the model refused: stop_reason refusal')
  }

  /** A message that the CLI wrote in the model's name, because the API failed. */
  function readSynthetic(event: JsonRecord, message: JsonRecord, at: string | null): void {
    const text = textsOf(message)
    const failed = event['error'] !== undefined || event['is_api_error_message'] === true
    synthetic = text
    if (failed) builder.error(text)
    threadOf(event).note({ kind: failed ? 'api_error' : 'synthetic', at, text, event, failed })
  }

  function readUser(event: JsonRecord, at: string | null): void {
    const message = recordOf(event['message'])
    const content = message?.['content']
    const thread = threadOf(event)
    const extra = without(event, 'type', 'message', 'timestamp', 'tool_use_result', 'parent_tool_use_id')
    if (typeof content === 'string') return thread.user({ text: content, at, extra })
    const blocks = listOf(content).map(recordOf)
    const results = blocks.filter((block) => textOf(block?.['type'])?.endsWith('tool_result'))
    const others = blocks.filter((block) => block !== null && !results.includes(block))
    for (const block of results) {
      if (block === null) continue
      const call = nameOf(block['tool_use_id']) ?? 'unnamed'
      const { content: said, extra: rest } = readResultContent(block)
      const detail = event['tool_use_result']
      noteBackground(recordOf(detail))
      thread.result({
        call,
        content: said,
        at,
        failed: block['is_error'] === true,
        extra: { ...rest, ...(detail === undefined ? {} : { tool_use_result: detail }), event: extra },
      })
    }
    if (others.length > 0) {
      const { content: said, extra: rest } = readResultContent({ content: others })
      thread.user({ text: said ?? '', at, extra: { ...rest, ...extra } })
    }
    if (blocks.length === 0) builder.unknown({ event, type: 'user', at })
  }

  /** A command that was moved to the background, and what asks for it or ends it later. */
  function noteBackground(detail: JsonRecord | null): void {
    const started = nameOf(detail?.['backgroundTaskId']) ?? nameOf(detail?.['shellId'])
    if (started !== null && detail?.['status'] === undefined) builder.background.add(started)
    const task = recordOf(detail?.['task'])
    const asked =
      nameOf(task?.['task_id']) ??
      nameOf(detail?.['task_id']) ??
      nameOf(detail?.['shellId']) ??
      nameOf(detail?.['shell_id'])
    const status = nameOf(task?.['status']) ?? nameOf(detail?.['status'])
    const ended = status !== null && !['running', 'pending', 'in_progress', 'async_launched'].includes(status)
    if (asked !== null && (ended || textOf(detail?.['message'])?.startsWith('Successfully') === true))
      builder.background.delete(asked)
  }

  function readResult(event: JsonRecord, at: string | null): void {
    usage.result(event)
    const settlement = settle(event, synthetic)
    synthetic = ''
    if (settlement?.ok === true) builder.settle(settlement)
    builder.main.note({ kind: 'result', at, text: nameOf(event['subtype']) ?? '', event })
    if (settlement?.ok === false) builder.settle(settlement)
  }

  function readStream(event: JsonRecord, at: string | null): void {
    const { event: piece } = event
    if (recordOf(piece) === null) builder.unknown({ event, type: 'stream_event', at })
    else streams.event(recordOf(piece) ?? {}, threadOf(event), at)
  }

  return {
    event({ event, at: taken }: TranscriptEvent) {
      const at = isoTime(event['timestamp']) ?? taken
      switch (event['type']) {
        case 'system':
          return readSystem(event, at)
        case 'assistant':
          return readAssistant(event, at)
        case 'user':
          return readUser(event, at)
        case 'result':
          return readResult(event, at)
        case 'stream_event':
          return readStream(event, at)
        case 'tool_progress':
        case 'rate_limit_event':
          return builder.main.note({ kind: event['type'], at, event })
        default:
          return builder.unknown({ event, type: textOf(event['type']) ?? 'unnamed', at })
      }
    },
    end: () => streams.end(),
  }
}

/** `subtype` is "success" even where the API failed: `is_error` says it. */
function settle(event: JsonRecord, synthetic: string): Settlement {
  const subtype = nameOf(event['subtype']) ?? ''
  const errors = listOf(event['errors']).flatMap(
    (error) => textOf(error) ?? textOf(recordOf(error)?.['message']) ?? [],
  )
  const said = nameOf(event['result'])
  const message = [...errors, ...(said === null ? [] : [said])].join('; ')
  if (event['stop_reason'] === 'refusal')
    return { ok: false, message: message || 'the model refused', cause: 'policy' }
  // older versions reported a limit as a success, whose text they had written themselves
  const disguised = said !== null && said === synthetic && findCause(said) !== null
  if (subtype === 'success' && event['is_error'] !== true && !disguised) return { ok: true }
  const terminal = nameOf(event['terminal_reason'])
  const cause = terminal !== null && terminal.startsWith('aborted') ? 'interrupted' : subtypeCauses[subtype]
  return {
    ok: false,
    message: message || (subtype === 'error_during_execution' ? 'interrupted during execution' : subtype),
    status: numberOf(event['api_error_status']),
    codes: [event['api_error_type'], event['api_error'], subtype].flatMap((code) => nameOf(code) ?? []),
    ...(cause === undefined ? {} : { cause }),
    // 2.1.329 after SIGINT: no error is named, and nothing else ends like this
    ...(subtype === 'error_during_execution' && message === '' ? { cause: 'interrupted' as const } : {}),
  }
}

const subtypeCauses: Readonly<Record<string, EndCause>> = {
  error_max_budget_usd: 'budget',
  error_max_turns: 'turn_limit',
}

function textsOf(message: JsonRecord): string {
  return listOf(message['content'])
    .flatMap((block) => textOf(recordOf(block)?.['text']) ?? [])
    .join('\n')
}

function describeSystem(event: JsonRecord, subtype: string): string {
  switch (subtype) {
    case 'init':
      return `session ${nameOf(event['session_id']) ?? ''} with ${nameOf(event['model']) ?? 'an unnamed model'}`
    case 'api_retry':
      return `attempt ${numberOf(event['attempt']) ?? '?'} of ${numberOf(event['max_retries']) ?? '?'}: ${textOf(event['error']) ?? ''}`
    case 'task_notification':
      return textOf(event['summary']) ?? ''
    case 'task_started':
      return textOf(event['description']) ?? ''
    default:
      return ''
  }
}

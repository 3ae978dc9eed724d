import type { TrajectoryBuilder } from '../domain/trajectory-builder.ts'
import { listOf, nameOf, numberOf, recordOf, textOf, without, type JsonRecord } from '../lib/loose-json.ts'
import { codesOf, messageOf, tokensOf } from './codex-parts.ts'

export interface CodexMessages {
  event(event: JsonRecord, msg: JsonRecord, at: string | null): void
  /** The two objects before the first event: the configuration, and the prompt. Returns whether it was one. */
  preamble(event: JsonRecord, at: string | null): boolean
  end(): void
}

/** What begins a call, by the type of its message, and the name of the tool. */
const begins: Readonly<Record<string, string>> = {
  exec_command_begin: 'shell',
  patch_apply_begin: 'apply_patch',
  mcp_tool_call_begin: 'mcp',
  web_search_begin: 'web_search',
  view_image_tool_call: 'view_image',
}
const ends = new Set(['exec_command_end', 'patch_apply_end', 'mcp_tool_call_end', 'web_search_end'])

/** The protocol before `thread.*`, `turn.*` and `item.*`. */
export function createCodexMessages(builder: TrajectoryBuilder): CodexMessages {
  /** Pieces of a text that comes again as a whole, unless a kill cuts it. */
  const pieces = { message: '', reasoning: '' }
  let session = ''
  let spent: JsonRecord | null = null

  function begin(type: string, msg: JsonRecord, at: string | null): void {
    const invocation = recordOf(msg['invocation'])
    const name =
      invocation === null ? (begins[type] ?? type) : [invocation['server'], invocation['tool']].join('.')
    const id = nameOf(msg['call_id']) ?? type
    const given = invocation === null ? (without(msg, 'type', 'call_id') ?? {}) : invocation['arguments']
    builder.main
      .turn('call', at)
      .call({ id, name, arguments: given, at, extra: invocation === null ? null : { invocation } })
    if (type === 'view_image_tool_call') builder.main.result({ call: id, content: null, at })
  }

  function end(type: string, msg: JsonRecord, at: string | null): void {
    const id = nameOf(msg['call_id']) ?? type
    if (!builder.main.awaits(id))
      builder.main.turn('call', at).call({ id, name: type.replace(/_end$/u, ''), arguments: {}, at })
    const output = textOf(msg['aggregated_output']) ?? [textOf(msg['stdout']), textOf(msg['stderr'])].join('')
    const result = recordOf(recordOf(msg['result'])?.['Ok'])
    const texts = listOf(result?.['content']).flatMap((part) => textOf(recordOf(part)?.['text']) ?? [])
    builder.main.result({
      call: id,
      content: texts.length > 0 ? texts.join('\n') : output === '' ? null : output,
      at,
      failed:
        (numberOf(msg['exit_code']) ?? 0) !== 0 ||
        msg['success'] === false ||
        recordOf(msg['result'])?.['Err'] !== undefined,
      extra: without(msg, 'type', 'call_id', 'aggregated_output'),
    })
  }

  function say(
    kind: 'message' | 'reasoning',
    text: string,
    at: string | null,
    extra: JsonRecord | null,
  ): void {
    pieces[kind] = ''
    const step = builder.main.turn(kind, at)
    step.say(kind, text)
    if (extra !== null) step.extra({ items: [extra] })
  }

  function countTokens(event: JsonRecord, msg: JsonRecord, at: string | null): void {
    const info = recordOf(msg['info'])
    // the first versions had the totals in the message itself
    const total = tokensOf(recordOf(info?.['total_token_usage']) ?? msg)
    if (total !== null) {
      builder.usage.stateTokens(session, total, 'replace')
      spent = recordOf(info?.['total_token_usage']) ?? msg
    }
    builder.main.note({ kind: 'token_count', at, event })
  }

  return {
    event(event, msg, at) {
      const type = textOf(msg['type']) ?? ''
      const rest = without(msg, 'type', 'message', 'text')
      if (Object.hasOwn(begins, type)) return begin(type, msg, at)
      if (ends.has(type)) return end(type, msg, at)
      switch (type) {
        case 'session_configured':
          session = nameOf(msg['session_id']) ?? ''
          builder.session({ id: session, model: nameOf(msg['model']) })
          return builder.main.note({ kind: type, at, event })
        case 'agent_message':
          return say('message', textOf(msg['message']) ?? '', at, rest)
        case 'agent_reasoning':
        case 'agent_reasoning_raw_content':
          return say('reasoning', textOf(msg['text']) ?? '', at, rest)
        case 'agent_message_delta':
          return void (pieces.message += textOf(msg['delta']) ?? '')
        case 'agent_reasoning_delta':
        case 'agent_reasoning_raw_content_delta':
          return void (pieces.reasoning += textOf(msg['delta']) ?? '')
        case 'user_message':
          return builder.main.user({ text: textOf(msg['message']) ?? '', at, extra: rest })
        case 'token_count':
          return countTokens(event, msg, at)
        case 'task_complete':
        case 'turn_complete':
          builder.main.note({ kind: type, at, event })
          return builder.settle({ ok: true })
        case 'turn_aborted':
          builder.main.note({ kind: type, at, event })
          return builder.settle({
            ok: false,
            message: `turn aborted: ${messageOf(msg['reason'])}`,
            cause: 'interrupted',
          })
        case 'error':
          builder.main.note({ kind: type, at, text: messageOf(msg['message']), event, failed: true })
          return builder.settle({
            ok: false,
            message: messageOf(msg['message']),
            codes: codesOf(messageOf(msg['message'])),
          })
        case 'stream_error':
          builder.error(messageOf(msg['message']))
          return builder.main.note({ kind: type, at, text: messageOf(msg['message']), event, failed: true })
        case 'warning':
        case 'background_event':
        case 'plan_update':
        case 'turn_diff':
        case 'task_started':
        case 'turn_started':
        case 'exec_command_output_delta':
        case 'agent_reasoning_section_break':
          return builder.main.note({ kind: type, at, text: textOf(msg['message']) ?? '', event })
        default:
          return builder.unknown({ event, type: `msg ${type}`, at })
      }
    },
    preamble(event, at) {
      if (typeof event['prompt'] === 'string') {
        builder.main.user({ text: event['prompt'], at, extra: without(event, 'prompt') })
        return true
      }
      if (typeof event['workdir'] !== 'string' || typeof event['model'] !== 'string') return false
      builder.session({ model: event['model'] })
      builder.main.note({ kind: 'configuration', at, event })
      return true
    },
    end() {
      for (const kind of ['reasoning', 'message'] as const)
        if (pieces[kind] !== '') say(kind, pieces[kind], null, { partial: true })
      if (spent !== null) builder.usage.quote(spent)
    },
  }
}

import type { TrajectoryBuilder } from '../domain/trajectory-builder.ts'
import type { TrajectoryFormat, TranscriptInterpreter } from '../domain/trajectory-format.ts'
import { isoTime } from '../lib/iso-time.ts'
import { nameOf, recordOf, textOf, type JsonRecord } from '../lib/loose-json.ts'
import { codesOf, messageOf, tokensOf } from './codex-parts.ts'
import { createCodexItems } from './codex-items.ts'
import { createCodexMessages } from './codex-messages.ts'

const types = /^(?:thread\.started|turn\.(?:started|completed|failed)|item\.(?:started|updated|completed))$/u

/**
 * `codex exec --json`: `thread.*`, `turn.*` and `item.*` events, and before these existed, `{"id":…,"msg":{"type":…}}`.
 * Without `--json` it prints plain text, of which the number of tokens and errors are understood.
 */
export const codex = {
  id: 'codex',
  agent: 'codex',
  names: ['codex', 'codex-cli', 'codex_cli'],
  recognises: (event) =>
    (typeof event['type'] === 'string' && types.test(event['type'])) ||
    (typeof recordOf(event['msg'])?.['type'] === 'string' && 'id' in event),
  interpret,
} as const satisfies TrajectoryFormat

function interpret(builder: TrajectoryBuilder): TranscriptInterpreter {
  const items = createCodexItems(builder)
  const messages = createCodexMessages(builder)
  let thread = ''
  let awaitsTokens = false

  function readThread(event: JsonRecord, at: string | null): void {
    thread = nameOf(event['thread_id']) ?? ''
    builder.session({ id: thread })
    builder.main.note({ kind: 'thread.started', at, event })
  }

  function readTurnEnd(event: JsonRecord, at: string | null): void {
    const tokens = tokensOf(recordOf(event['usage']))
    // counts from the beginning of the thread, over all its turns and processes
    if (tokens !== null) builder.usage.stateTokens(thread, tokens, 'replace')
    builder.usage.quote(event['usage'])
    items.endTurn()
    builder.settle({ ok: true })
    builder.main.note({ kind: 'turn.completed', at, event })
  }

  function readFailure(event: JsonRecord, at: string | null): void {
    const message = messageOf(recordOf(event['error'])?.['message'] ?? event['message'])
    items.endTurn()
    builder.main.note({ kind: 'turn.failed', at, text: message, event, failed: true })
    builder.settle({ ok: false, message, codes: codesOf(message) })
  }

  function readError(event: JsonRecord, at: string | null): void {
    const message = messageOf(event['message'])
    builder.error(message)
    builder.main.note({ kind: 'error', at, text: message, event, failed: true })
  }

  return {
    event({ event, line, at: taken }) {
      const at = isoTime(event['timestamp']) ?? taken
      const msg = recordOf(event['msg'])
      if (msg !== null) return messages.event(event, msg, at)
      switch (event['type']) {
        case 'thread.started':
          return readThread(event, at)
        case 'turn.started':
          return builder.main.note({ kind: 'turn.started', at, event })
        case 'turn.completed':
          return readTurnEnd(event, at)
        case 'turn.failed':
          return readFailure(event, at)
        case 'error':
          return readError(event, at)
        case 'item.started':
        case 'item.updated':
        case 'item.completed':
          return items.event(event, line, at)
        default:
          return (
            messages.preamble(event, at) ||
            builder.unknown({ event, type: textOf(event['type']) ?? 'unnamed', at })
          )
      }
    },
    text(text) {
      const tokens = /^[\d,]+$/u.test(text.trim()) ? Number(text.trim().replaceAll(',', '')) : null
      const inline = /^tokens used:? *([\d,]+)$/iu.exec(text.trim())?.[1]
      if (inline !== undefined || (awaitsTokens && tokens !== null)) {
        builder.usage.quote({ 'tokens used': tokens ?? Number(inline?.replaceAll(',', '')) })
        builder.settle({ ok: true })
      }
      awaitsTokens = /^tokens used:?$/iu.test(text.trim())
      if (text.startsWith('ERROR: ')) builder.error(text)
    },
    end: () => messages.end(),
  }
}

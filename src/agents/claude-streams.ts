import type { Thread } from '../domain/trajectory-thread.ts'
import { metricsOf, type Tokens } from '../domain/trajectory-usage.ts'
import { nameOf, recordOf, textOf, type JsonRecord } from '../lib/loose-json.ts'
import { tokensOf } from './claude-blocks.ts'

export interface ClaudeStreams {
  /** `event` as the Messages API streams it. */
  event(event: JsonRecord, thread: Thread, at: string | null): void
  /** The whole of a message has come: its pieces are dropped. */
  finish(message: string): void
  tokens(message: string): Tokens | null
  /** Keeps the pieces of a message that never came as a whole. */
  end(): void
}

interface OpenMessage {
  readonly id: string
  readonly at: string | null
  texts: { readonly kind: 'message' | 'reasoning'; text: string }[]
}

const maxMessages = 64

/**
 * `--include-partial-messages`. What it says comes again as a whole, but for the true usage at the end of a message, and
 * for a message that a kill has cut.
 */
export function createClaudeStreams(): ClaudeStreams {
  const usages = new Map<string, JsonRecord>()
  const open = new Map<Thread, OpenMessage>()

  function remember(id: string, usage: JsonRecord | null): void {
    if (usage === null) return
    usages.set(id, { ...usages.get(id), ...usage })
    const [oldest] = usages.keys()
    if (usages.size > maxMessages && oldest !== undefined) usages.delete(oldest)
  }

  function begin(event: JsonRecord, thread: Thread, at: string | null): void {
    const message = recordOf(event['message'])
    const id = nameOf(message?.['id']) ?? ''
    open.set(thread, { id, at, texts: [] })
    remember(id, recordOf(message?.['usage']))
  }

  return {
    event(event, thread, at) {
      const message = open.get(thread)
      if (event['type'] === 'message_start') begin(event, thread, at)
      if (message === undefined) return
      if (event['type'] === 'message_delta') {
        remember(message.id, recordOf(event['usage']))
        const tokens = tokensOf(usages.get(message.id) ?? null)
        if (tokens !== null) thread.step(`message ${message.id}`, message.at).metrics(metricsOf(tokens))
      } else if (event['type'] === 'content_block_start') {
        const thinking = recordOf(event['content_block'])?.['type'] === 'thinking'
        message.texts.push({ kind: thinking ? 'reasoning' : 'message', text: '' })
      } else if (event['type'] === 'content_block_delta') {
        const delta = recordOf(event['delta'])
        const last = message.texts.at(-1)
        if (last !== undefined) last.text += textOf(delta?.['text']) ?? textOf(delta?.['thinking']) ?? ''
      }
    },
    finish(id) {
      for (const message of open.values()) if (message.id === id) message.texts = []
    },
    tokens: (message) => tokensOf(usages.get(message) ?? null),
    end() {
      for (const [thread, message] of open) {
        const texts = message.texts.filter(({ text }) => text !== '')
        if (texts.length === 0) continue
        const step = thread.step(`message ${message.id}`, message.at)
        for (const { kind, text } of texts) step.say(kind, text)
        step.extra({ partial: true })
      }
      open.clear()
    },
  }
}

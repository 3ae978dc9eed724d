import type { TrajectoryBuilder } from '../domain/trajectory-builder.ts'
import type { Content } from '../domain/trajectory.ts'
import { listOf, nameOf, numberOf, recordOf, textOf, without, type JsonRecord } from '../lib/loose-json.ts'

export interface CodexItems {
  event(event: JsonRecord, line: string, at: string | null): void
  endTurn(): void
}

interface OpenItem {
  /** As the call is named in the trajectory. */
  readonly call: string
  readonly type: string
  readonly started: JsonRecord
}

/** Items that are calls of a tool: which of their keys are the arguments, and which the result. */
const tools: Readonly<
  Record<string, { readonly given: readonly string[]; readonly got: readonly string[] }>
> = {
  command_execution: { given: ['command', 'cwd'], got: ['aggregated_output', 'exit_code', 'status'] },
  file_change: { given: ['changes'], got: ['status'] },
  web_search: { given: ['query', 'action'], got: ['results', 'status'] },
  mcp_tool_call: { given: ['arguments', 'server', 'tool'], got: ['result', 'error', 'status'] },
  collab_tool_call: {
    given: ['tool', 'sender_thread_id', 'receiver_thread_ids', 'prompt'],
    got: ['agents_states', 'status'],
  },
  image_view: { given: ['path'], got: ['status'] },
  image_generation: { given: ['prompt', 'revised_prompt'], got: ['result', 'status', 'saved_path'] },
  dynamic_tool_call: { given: ['tool', 'arguments'], got: ['content_items', 'success', 'status', 'error'] },
}

/** What an item is about: started, updated, completed. Codex numbers them anew in every process. */
export function createCodexItems(builder: TrajectoryBuilder): CodexItems {
  const open = new Map<string, OpenItem>()
  let turn = 0

  function begin(id: string, type: string, item: JsonRecord, at: string | null): OpenItem {
    const call = turn === 0 ? id : `${id}@${turn + 1}`
    const { given } = tools[type] ?? { given: [] }
    builder.main
      .turn('call', at)
      .call({ id: call, name: nameOfCall(type, item), arguments: pick(item, given), at })
    if (type === 'command_execution') builder.background.add(call)
    return { call, type, started: item }
  }

  function complete(known: OpenItem, item: JsonRecord, at: string | null): void {
    const { given, got } = tools[known.type] ?? { given: [], got: [] }
    const changed = !isSame(pick(known.started, given), pick(item, given))
    const rest = without(item, 'id', 'type', ...given, ...got)
    builder.main.result({
      call: known.call,
      content: contentOf(known.type, item),
      at,
      failed:
        item['status'] === 'failed' || (numberOf(item['exit_code']) ?? 0) !== 0 || Boolean(item['error']),
      extra: {
        ...pick(
          item,
          got.filter((key) => key !== 'aggregated_output'),
        ),
        ...rest,
      },
    })
    // a command that still ran when it was reported has no status of its own
    if (item['exit_code'] !== null) builder.background.delete(known.call)
    if (changed) amend(known, pick(item, given), given)
  }

  function amend(known: OpenItem, given: JsonRecord, keys: readonly string[]): void {
    builder.main.amendCall(known.call, { arguments: given, extra: { started: pick(known.started, keys) } })
  }

  function readTool(id: string, type: string, stage: string, item: JsonRecord, at: string | null): void {
    let known = open.get(id)
    if (known?.type !== type) known = undefined
    if (known === undefined) {
      known = begin(id, type, item, at)
      open.set(id, known)
    } else if (stage === 'item.updated') builder.main.note({ kind: 'item.updated', at, event: item })
    if (stage !== 'item.completed') return
    complete(known, item, at)
    open.delete(id)
  }

  return {
    event(event, line, at) {
      const item = recordOf(event['item'])
      const stage = textOf(event['type']) ?? ''
      const type = nameOf(item?.['type']) ?? nameOf(item?.['item_type'])
      if (item === null || type === null) return builder.unknown({ event, type: stage, at })
      const id = itemIdIn(line) ?? nameOf(item['id']) ?? 'item'
      const rest = without(item, 'id', 'type', 'text')
      const whole = stage === 'item.completed'
      if ((type === 'agent_message' || type === 'assistant_message') && whole) {
        const step = builder.main.turn('message', at)
        step.say('message', textOf(item['text']) ?? '')
        step.extra({ items: [{ id, ...rest }] })
      } else if (type === 'reasoning' && whole) {
        const step = builder.main.turn('reasoning', at)
        step.say('reasoning', textOf(item['text']) ?? '')
        step.extra({ items: [{ id, ...rest }] })
      } else if (Object.hasOwn(tools, type)) readTool(id, type, stage, withId(item, id), at)
      else if (type === 'error') readWarning(item, event, at)
      else if (type === 'todo_list')
        builder.main.note({ kind: 'todo_list', at, text: describeList(item), event })
      else builder.unknown({ event, type: `${stage} ${type}`, at })
    },
    endTurn() {
      turn += 1
      open.clear()
    },
  }

  function readWarning(item: JsonRecord, event: JsonRecord, at: string | null): void {
    builder.main.note({ kind: 'warning', at, text: textOf(item['message']) ?? '', event })
  }
}

/** A search's own id hides the item's, for the object has the key twice. */
function withId(item: JsonRecord, id: string): JsonRecord {
  return item['id'] === id ? item : { ...item, search_id: item['id'] }
}

function itemIdIn(line: string): string | null {
  return /"item":\s*\{\s*"id":\s*"([^"\\]{1,200})"/u.exec(line.slice(0, 500))?.[1] ?? null
}

function nameOfCall(type: string, item: JsonRecord): string {
  if (type !== 'mcp_tool_call' && type !== 'collab_tool_call' && type !== 'dynamic_tool_call') return type
  return [nameOf(item['server']), nameOf(item['tool'])].filter((part) => part !== null).join('.') || type
}

function contentOf(type: string, item: JsonRecord): Content | null {
  if (type === 'command_execution') return textOf(item['aggregated_output'])
  const result = recordOf(item['result'])
  const texts = listOf(result?.['content'] ?? item['content_items']).map((part) =>
    textOf(recordOf(part)?.['text']),
  )
  if (texts.length > 0) return texts.map((text) => text ?? '[not text]').join('\n')
  const error = recordOf(item['error'])
  return textOf(item['result']) ?? textOf(error?.['message'])
}

function pick(item: JsonRecord, keys: readonly string[]): JsonRecord {
  return Object.fromEntries(Object.entries(item).filter(([key]) => keys.includes(key)))
}

function isSame(one: JsonRecord, other: JsonRecord): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function describeList(item: JsonRecord): string {
  return listOf(item['items'])
    .map(recordOf)
    .map((one) => `${one?.['completed'] === true ? '[x]' : '[ ]'} ${textOf(one?.['text']) ?? ''}`)
    .join('\n')
}

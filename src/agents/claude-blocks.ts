import type { Content } from '../domain/trajectory.ts'
import type { Extra, OpenStep, Thread } from '../domain/trajectory-thread.ts'
import type { Tokens } from '../domain/trajectory-usage.ts'
import { countOf, listOf, nameOf, recordOf, textOf, without, type JsonRecord } from '../lib/loose-json.ts'

/** The blocks of a message: text, thinking, calls, and results of tools that the provider itself ran. */
export function readBlocks(
  step: OpenStep,
  thread: Thread,
  blocks: readonly unknown[],
  at: string | null,
): void {
  for (const one of blocks) {
    const block = recordOf(one)
    const type = textOf(block?.['type']) ?? ''
    if (block === null) step.extra({ blocks: [one] })
    else if (type === 'text') readText(step, block)
    else if (type === 'thinking') readThinking(step, block)
    else if (type.endsWith('tool_use')) readCall(step, block, type, at)
    else if (type.endsWith('tool_result')) readServerResult(thread, block, at)
    else step.extra({ blocks: [block] })
  }
}

function readText(step: OpenStep, block: JsonRecord): void {
  step.say('message', textOf(block['text']) ?? '')
  const rest = without(block, 'type', 'text')
  if (rest !== null) step.extra({ blocks: [rest] })
}

function readThinking(step: OpenStep, block: JsonRecord): void {
  step.say('reasoning', textOf(block['thinking']) ?? '')
  const rest = without(block, 'type', 'thinking')
  if (rest !== null) step.extra({ thinking: [rest] })
}

function readCall(step: OpenStep, block: JsonRecord, type: string, at: string | null): void {
  const rest = without(block, 'type', 'id', 'name', 'input')
  step.call({
    id: nameOf(block['id']) ?? 'unnamed',
    name: nameOf(block['name']) ?? type,
    arguments: block['input'],
    at,
    extra: type === 'tool_use' ? rest : { ...rest, type },
  })
}

function readServerResult(thread: Thread, block: JsonRecord, at: string | null): void {
  const { content, extra } = readResultContent(block)
  thread.result({
    call: nameOf(block['tool_use_id']) ?? 'unnamed',
    content,
    at,
    failed: block['is_error'] === true,
    extra,
  })
}

/** A result's content is a text, or a list of blocks; a block that ATIF has no part for is kept beside a word on it. */
export function readResultContent(block: JsonRecord): { content: Content | null; extra: Extra } {
  const rest = without(block, 'type', 'tool_use_id', 'content', 'is_error')
  const { content } = block
  if (typeof content === 'string') return { content, extra: { ...rest } }
  if (content === undefined || content === null) return { content: null, extra: { ...rest } }
  if (!Array.isArray(content)) return { content: null, extra: { ...rest, content } }
  const blocks = listOf(content)
  const parts = blocks.map((one) => ({
    type: 'text' as const,
    text: textOf(recordOf(one)?.['text']) ?? describe(one),
  }))
  const others = blocks.flatMap((one) => {
    const left = recordOf(one) === null ? one : restOfBlock(recordOf(one) ?? {})
    return left === null ? [] : [left]
  })
  const [only] = parts
  return {
    content: parts.length === 1 && only !== undefined ? only.text : parts,
    extra: { ...rest, ...(others.length === 0 ? {} : { blocks: others }) },
  }
}

function restOfBlock(block: JsonRecord): JsonRecord | null {
  return textOf(block['text']) === null ? block : without(block, 'type', 'text')
}

function describe(block: unknown): string {
  const record = recordOf(block)
  const media = nameOf(recordOf(record?.['source'])?.['media_type'])
  return `[${media ?? nameOf(record?.['type']) ?? typeof block}]`
}

/** `input_tokens` leaves out what was read from the cache or written to it. */
export function tokensOf(usage: JsonRecord | null): Tokens | null {
  const input = countOf(usage?.['input_tokens'])
  if (usage === null || input === null) return null
  const cached = countOf(usage['cache_read_input_tokens'])
  const cacheWrite = countOf(usage['cache_creation_input_tokens'])
  return {
    prompt: input + (cached ?? 0) + (cacheWrite ?? 0),
    cached,
    cacheWrite,
    completion: countOf(usage['output_tokens']),
    reasoning: countOf(recordOf(usage['output_tokens_details'])?.['thinking_tokens']),
  }
}

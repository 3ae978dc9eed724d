import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { aime2025 } from '../benchmarks/aime2025/index.ts'
import { parseAimeItems } from '../benchmarks/aime2025/items.ts'
import { type CallTarget, parseCallTarget } from '../benchmarks/bfcl/call-target.ts'
import { bfcl } from '../benchmarks/bfcl/index.ts'
import { bfclRowSchema, planBfclRequests } from '../benchmarks/bfcl/request.ts'
import { gsm8k } from '../benchmarks/gsm8k/index.ts'
import { gsm8kExamples, parseGsm8kItems } from '../benchmarks/gsm8k/items.ts'
import { humaneval } from '../benchmarks/humaneval/index.ts'
import { parseHumanevalItems } from '../benchmarks/humaneval/items.ts'
import type { ChatMessage, ChatTool } from '../domain/chat.ts'
import { sha256 } from '../lib/hash.ts'
import { renderRepr } from '../lib/python/repr.ts'
import { codePointLength } from '../lib/python/text.ts'
import type { Checker, ParityContext } from './checker.ts'

interface RequestedItem {
  readonly id: string | number
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ChatTool[]
  readonly target: string
}

/** The index is that of the log, which is sorted by id. */
const promptInput = z.object({ benchmark: z.string(), sample_id: z.union([z.string(), z.number()]) })

/** `request_prompts.jsonl`: hashes of what is sent for a sample. */
export const requestPromptChecker: Checker = {
  check: async (input, context) => {
    const { benchmark, sample_id } = promptInput.parse(input)
    const item = (await itemsOf(benchmark, context)).find(({ id }) => id === sample_id)
    if (item === undefined) throw new Error(`${benchmark} has no item ${sample_id}`)
    const user = contentOf(item, 'user') ?? ''
    const system = contentOf(item, 'system')
    return {
      roles: item.messages.map(({ role }) => role),
      user_sha256: sha256(user),
      user_chars: codePointLength(user),
      system_sha256: system === null ? null : sha256(system),
      target: item.target,
    }
  },
}

/** `example_requests.json`: whole bodies, but for what the engine's client adds. */
export const exampleRequestChecker: Checker = {
  ignored: ['model', 'tool_choice'],
  check: async (input, context) => {
    const { benchmark, messages } = z.object({ benchmark: z.string(), messages: z.unknown() }).parse(input)
    const item = (await itemsOf(benchmark, context)).find((each) =>
      isDeepStrictEqual(each.messages, messages),
    )
    if (item === undefined) throw new Error(`no item of ${benchmark} has these messages`)
    const maxTokens = [aime2025, bfcl, gsm8k, humaneval].find(({ id }) => id === benchmark)?.maxTokens
    return { messages: item.messages, tools: item.tools, max_tokens: maxTokens }
  },
}

const loaded = new WeakMap<ParityContext, Map<string, Promise<readonly RequestedItem[]>>>()

/** Thousands of rows ask for the same few lists. */
function itemsOf(benchmark: string, context: ParityContext): Promise<readonly RequestedItem[]> {
  const known = loaded.get(context) ?? new Map<string, Promise<readonly RequestedItem[]>>()
  loaded.set(context, known)
  const items = known.get(benchmark) ?? loadItems(benchmark, context)
  known.set(benchmark, items)
  return items
}

async function loadItems(benchmark: string, { rows }: ParityContext): Promise<readonly RequestedItem[]> {
  switch (benchmark) {
    case 'aime2025':
      return parseAimeItems(await rows('aime2025/test.jsonl'))
    case 'gsm8k':
      return parseGsm8kItems(await rows('gsm8k/test.jsonl'), gsm8kExamples(await rows('gsm8k/train.jsonl')))
    case 'humaneval':
      return parseHumanevalItems(await rows('humaneval/HumanEval.jsonl'))
    case 'bfcl': {
      const parsed = (await rows('bfcl_exec_simple/BFCL_v3_exec_simple.json')).map((row) =>
        bfclRowSchema.parse(row),
      )
      return planBfclRequests(parsed).map((request, index) => ({
        ...request,
        id: index + 1, // inspect numbers samples that come without an id of its own
        target: renderTarget(parseCallTarget(parsed[index]?.ground_truth[0] ?? '', { tuples: 'kept' })),
      }))
    }
    default:
      throw new Error(`no data of ${benchmark} to compare with`)
  }
}

/** inspect logs `str()` of each argument, which takes the quotes from texts. */
function renderTarget({ name, arguments: values }: CallTarget): string {
  const items = [...values].map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : renderRepr(value)}`,
  )
  return `${name}(${items.join(', ')})`
}

function contentOf({ messages }: RequestedItem, role: string): string | null {
  return messages.find((message) => message.role === role)?.content ?? null
}

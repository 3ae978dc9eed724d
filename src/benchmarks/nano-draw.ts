import type { BenchmarkItems, Item, ItemCounts } from '../domain/benchmark.ts'
import type { ChatTool } from '../domain/chat.ts'
import { hashJson, sha256 } from '../lib/hash.ts'
import { createRng, type Rng } from '../lib/rng.ts'

/** One generated question with its answer, before it is dealt to the training or the test side. */
export interface Draft {
  readonly question: string
  /** What the model is sent; the question and the answer format. */
  readonly prompt: string
  readonly tools?: readonly ChatTool[]
  readonly target: string
  readonly completion: string
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface DrawOptions {
  readonly benchmark: string
  readonly seed: number
  readonly counts: ItemCounts
  readonly draft: (rng: Rng, side: Side, position: number) => Draft
}

export type Side = 'train' | 'test'

/** Drafts in a row that bring nothing new before the grammar counts as exhausted. */
const maxMisses = 20_000

/**
 * The items of a generated benchmark. A question belongs to the test side when the first byte of its sha256 is a
 * multiple of 8, whatever the seed: no training item of any seed is a test item of any other. `test` is the
 * beginning and `shadow` the continuation of one draw from the test side, without repeating a question; where the
 * grammar has too few questions, `shadow` (and at last `test`) is shorter than asked. Training items may repeat a
 * question with other tools.
 */
export function drawItems(options: DrawOptions): BenchmarkItems {
  const { counts } = options
  const testSide = draw(options, 'test', counts.test + counts.shadow)
  return {
    train: draw(options, 'train', counts.train),
    test: testSide.slice(0, counts.test),
    shadow: testSide.slice(counts.test),
  }
}

export function sideOf(question: string): Side {
  return Number.parseInt(sha256(question).slice(0, 2), 16) % 8 === 0 ? 'test' : 'train'
}

function draw({ benchmark, seed, draft }: DrawOptions, side: Side, count: number): Item[] {
  const rng = createRng(Number.parseInt(sha256(`${benchmark}/${side}/${seed}`).slice(0, 12), 16))
  const items: Item[] = []
  const seen = new Set<string>()
  let misses = 0
  while (items.length < count && misses < maxMisses) {
    const drafted = draft(rng, side, items.length)
    const key = side === 'test' ? drafted.question : hashJson([drafted.prompt, drafted.tools ?? null])
    if (sideOf(drafted.question) !== side || seen.has(key)) {
      misses += 1
      continue
    }
    misses = 0
    seen.add(key)
    items.push(toItem(benchmark, drafted))
  }
  return items
}

function toItem(benchmark: string, draft: Draft): Item {
  const { question, prompt, tools, target, completion, metadata } = draft
  return {
    id: `${benchmark}-${hashJson([prompt, tools ?? null]).slice(0, 12)}`,
    messages: [{ role: 'user', content: prompt }],
    ...(tools === undefined ? {} : { tools }),
    target,
    fingerprints: [question],
    completion,
    metadata,
  }
}

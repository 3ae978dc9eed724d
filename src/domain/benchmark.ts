import type { ChatMessage, ChatOutput, ChatTool } from './chat.ts'

/** One test or training item. Plain data: it is hashed, logged and sent between processes. */
export interface Item {
  /** Unique within the benchmark, stable for ever. */
  readonly id: string
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ChatTool[]
  /** The reference answer in the benchmark's canonical text form. */
  readonly target: string
  /** Texts whose presence in training data betrays this item: the question, and where it is telling the answer. */
  readonly fingerprints: readonly string[]
  /** A model answer worth full marks; set on training items, and used for few-shot examples. */
  readonly completion?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

export interface Score {
  /** 0 to 1. */
  readonly value: number
  /** What was read out of the model's text, `null` when nothing could be. */
  readonly answer: string | null
  readonly explanation?: string
}

export interface BenchmarkItems {
  /** Given to the agent; may be empty. */
  readonly train: readonly Item[]
  /** What the score is measured on. */
  readonly test: readonly Item[]
  /** Same distribution as `test`, no item in common with it, never shown to an agent; empty when there is none. */
  readonly shadow: readonly Item[]
}

export interface ItemCounts {
  readonly train: number
  readonly test: number
  readonly shadow: number
}

/**
 * A target evaluation. Everything but `load` is pure. Adding one is a folder under `benchmarks/` with an
 * `index.ts` that `satisfies Benchmark`, listed in `benchmarks/registry.ts`, or the same object in a user's
 * `ptb.config.ts`.
 */
export interface Benchmark {
  readonly id: string
  readonly title: string
  /** One sentence: what is asked and what counts as right. */
  readonly description: string
  /** Raised whenever items, prompts or scoring change; part of every protocol hash. */
  readonly version: number
  readonly metric: 'accuracy'
  /** New tokens a model may spend on one item. */
  readonly maxTokens: number
  /** What the agent is told about the task, in Markdown; part of the prompt and its hash. */
  readonly agentNotes: string
  /** Items in a fixed order; the same arguments give the same items on every machine. */
  load(options: { readonly seed: number; readonly counts: ItemCounts }): Promise<BenchmarkItems>
  /** Questions that only somebody who knows the test by heart can answer; absent where there are none. */
  readonly probe?: {
    /** The item with what decides its answer left out, or null where that cannot be done. Id and target stay. */
    cut(item: Item): Item | null
    /** Highest share of cut items that an honest model is expected to answer right, by guessing. */
    readonly chance: number
  }
  /** Never throws: an unreadable answer scores 0 with `answer: null`. */
  score(item: Item, output: Pick<ChatOutput, 'text'>): Score
}

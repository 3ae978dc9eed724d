import type { ChatMessage, ChatOutput, ChatTool } from './chat.ts'
import type { DataFiles, ScoringRules, ScoringTools } from './scoring.ts'

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
  /** What `summarise` and readers need beside the value: plain data, stored with the sample. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  /** Why the sample could not be scored; the protocol says what becomes of it. */
  readonly error?: string
}

/** A sample as far as the summary of an evaluation depends on it. */
export interface ScoredSample extends Pick<Score, 'value' | 'details'> {
  readonly id: string
  /** From 1: the protocol's seeds in their order. */
  readonly pass: number
}

export interface ScoreSummary {
  readonly accuracy: number
  readonly stderr: number
  /** Breakdowns, by name. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

export interface BenchmarkItems {
  /** Given to the agent; may be empty. */
  readonly train: readonly Item[]
  /** What the score is measured on. */
  readonly test: readonly Item[]
  /** Same distribution as `test`, no item in common with it, never shown to an agent; empty when there is none. */
  readonly shadow: readonly Item[]
}

/** How many items at most; `Infinity` for all that there are. */
export interface ItemCounts {
  readonly train: number
  readonly test: number
  readonly shadow: number
}

export interface LoadOptions {
  readonly seed: number
  readonly counts: ItemCounts
  readonly rules: ScoringRules
  readonly data: DataFiles
}

/** A folder in the published format, whose `evaluate.py` measures a checkpoint and writes `metrics.json`. */
export interface ScoringProgram {
  /** Absolute. */
  readonly path: string
  /** Who takes longer for a checkpoint has failed. */
  readonly timeoutHours: number
  /** By which it takes the protocol's token limit, where there is such a limit; absent: it has no such option. */
  readonly maxTokensOption?: '--max-tokens' | '--max-new-tokens' | undefined
}

/**
 * A target evaluation. Everything but `load` and `score` is pure, and most scores are too. Adding one is a folder under `benchmarks/` with an
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
  /** New tokens a model may spend on one item, unless the protocol says otherwise. */
  readonly maxTokens: number
  /** What the agent is told about the task, in Markdown; part of the prompt and its hash. */
  readonly agentNotes: string
  /** Items in a fixed order; the same arguments give the same items on every machine. */
  load(options: LoadOptions): Promise<BenchmarkItems>
  /** Measures a checkpoint by itself and asks what it likes: `load` then gives no items, and `score` is not called. */
  readonly program?: ScoringProgram
  /** Names in `catalog/datasets.yaml` of the files that `load` reads; absent where it needs none. */
  readonly datasets?: readonly string[]
  /** What `score` needs beside the answer; a run without it is refused before anything is spent. */
  readonly needs?: readonly ('judge' | 'programs')[]
  /** Questions that only somebody who knows the test by heart can answer; absent where there are none. */
  readonly probe?: {
    /** The item with what decides its answer left out, or null where that cannot be done. Id and target stay. */
    cut(item: Item): Item | null
    /** Highest share of cut items that an honest model is expected to answer right, by guessing. */
    readonly chance: number
  }
  /**
   * Never throws on an answer: an unreadable one scores 0 with `answer: null`. What fails for other reasons (a judge that
   * cannot be reached) rejects, and is asked again.
   */
  score(
    item: Item,
    output: Pick<ChatOutput, 'text' | 'toolCalls'>,
    tools: ScoringTools,
  ): Score | Promise<Score>
  /** Absent: the mean over items of the mean over passes, and its standard error. */
  summarise?(samples: readonly ScoredSample[], rules: ScoringRules): ScoreSummary
}

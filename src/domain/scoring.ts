import * as z from 'zod'
import type { ChatMessage } from './chat.ts'

/**
 * Part of a protocol: how answers become scores, where two protocols differ. The defaults are what is right; the
 * published system's ways have names of their own. docs/protocols.md gives the reason of each.
 */
export const scoringRulesSchema = z.strictObject({
  /** `suffix`: right when the answer ends with the target, five significant digits; `exact`: right when equal. */
  numericMatch: z.enum(['exact', 'suffix']).default('exact'),
  /**
   * What says that a program passed. `exit_code` 0: an answer that exits early passes; `nonce`: a word printed after the
   * tests; `values`: the tests run apart and get plain values from the answer, so it cannot say so itself.
   */
  programResult: z.enum(['values', 'nonce', 'exit_code']).default('values'),
  /** What a sample does that cannot be scored: counts 0 and is counted, or ends the evaluation without a score. */
  failingSample: z.enum(['zero', 'abort']).default('zero'),
  /** A prompt too long for the context: counts 0 and is counted, or the server's error message is scored as the answer. */
  contextOverflow: z.enum(['zero', 'score_message']).default('zero'),
  /** Order of multiple choices: drawn with the protocol's item seed, or anew each time and recorded. */
  choiceOrder: z.enum(['seeded', 'unseeded']).default('seeded'),
  /** A judge whose reply names no known verdict: counted and shown, or what the published code makes of it. */
  ambiguousJudge: z.enum(['counted', 'reference']).default('counted'),
})
export type ScoringRules = z.infer<typeof scoringRulesSchema>

/** What a benchmark whose answers cannot be scored by looking at them is given. */
export interface ScoringTools {
  readonly rules: ScoringRules
  readonly judge: Judge
  readonly programs: Programs
  readonly signal: AbortSignal
}

export interface JudgeRequest {
  /** Unique within an evaluation and stable: a reply on record under it is not asked for again. */
  readonly key: string
  readonly messages: readonly ChatMessage[]
  readonly maxTokens: number
  readonly reasoningEffort?: string
  /** Tries in all, and the wait after each failed one; the last wait repeats. */
  readonly attempts: number
  readonly waitsMs: readonly number[]
  /** A reply that is none counts as a failed try, without a wait. */
  readonly isUsable?: (text: string) => boolean
}

/** A model that grades answers. Every call and reply is stored beside the samples. */
export interface Judge {
  /** The reply, or null when no try gave a usable one. */
  ask(request: JudgeRequest): Promise<string | null>
}

export interface ProgramResult {
  /** Null when it was ended by a signal or a limit. */
  readonly exitCode: number | null
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly exceeded: 'time' | 'output' | 'memory' | null
}

/** Runs Python that a model wrote: no network, no environment, limits on time, memory, processes and output. */
export interface Programs {
  /** `python -c source` with an empty input in an empty folder. */
  run(program: { readonly source: string; readonly timeoutMs: number }): Promise<ProgramResult>
  /**
   * Runs `tests`, which call `candidate(...)`, in a process of their own; each call is answered by the function `entryPoint`
   * of `source` in another sandbox, with plain values only. Passes when `tests` come to their end.
   */
  check(program: {
    readonly source: string
    readonly entryPoint: string
    readonly tests: string
    readonly timeoutMs: number
  }): Promise<{ readonly passed: boolean; readonly why: string }>
}

/** Data files of benchmarks, pinned in `catalog/datasets.yaml`: on this machine, and verified. */
export interface DataFiles {
  /** Throws a `BenchError` that says how to get it when it is not there. */
  path(dataset: string): Promise<string>
  /** Rows of a JSON-lines, JSON or Parquet file, as plain objects. */
  rows(dataset: string): Promise<readonly unknown[]>
  /** Whether the operator supplied it: for held-out sets that cannot be downloaded. */
  has(dataset: string): Promise<boolean>
}

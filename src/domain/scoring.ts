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
  /** A judge whose reply names no known verdict: counted and shown, or what the published system makes of it. */
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
  /** Replies in all until a usable one. An endpoint that is busy or broken is waited for and does not count. */
  readonly attempts: number
  /** The first is the first wait for such an endpoint. */
  readonly waitsMs: readonly number[]
  readonly isUsable?: (text: string) => boolean
}

/** A model that grades answers. Every call and reply is stored beside the samples. */
export interface Judge {
  /** The reply, or null when no try gave a usable one. */
  ask(request: JudgeRequest): Promise<string | null>
}

export interface ProgramResult {
  /** 128 + n where signal n ended it; null where a limit did, or where it was not run. */
  readonly exitCode: number | null
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly exceeded: 'time' | 'output' | 'memory' | null
  /** Why the published system fails instead of scoring it: too long for an argument, a NUL, too much output, no UTF-8. */
  readonly unscorable: string | null
}

/** Of a program that cannot be run at all. */
export function notRun(unscorable: string): ProgramResult {
  return { exitCode: null, stdout: new Uint8Array(), stderr: new Uint8Array(), exceeded: null, unscorable }
}

/** Runs Python that a model wrote: no network, no environment, limits on time, memory, processes and output. */
export interface Programs {
  /** `python -c source` with an empty input in an empty folder, the only one that it may write to. */
  run(program: { readonly source: string; readonly timeoutMs: number }): Promise<ProgramResult>
  /**
   * Runs `tests`, which call `candidate(...)`, in a process of their own; each call is answered by the function `entryPoint`
   * of `source` in another sandbox, with plain values only: None, bool, int, float, complex, str, bytes, and lists, tuples,
   * sets, frozensets and dicts of them. Arguments are copies, and an exception arrives as one of the same built-in type.
   * Passes when `tests` come to their end. They find nothing of `source`: what else they need is theirs to define.
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

import type { Benchmark } from '../../domain/benchmark.ts'
import type { EvaluationMetrics } from '../../domain/evaluation.ts'
import type { EngineConnection } from '../../domain/engine.ts'
import { BenchError } from '../../domain/error.ts'
import { costOf, findPrice, type Price } from '../../domain/prices.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type { Judge, Programs, ScoringRules, ScoringTools } from '../../domain/scoring.ts'
import { createJsonClient } from '../../lib/http-json.ts'
import { createJudge } from './judge.ts'
import { readJudgeUse } from './judge-record.ts'

/** What benchmarks score with, beside the answers. */
export function createScoringTools({
  rules,
  signal,
  programs = noPrograms,
  judge = noJudge,
}: {
  readonly rules: ScoringRules
  readonly signal: AbortSignal
  readonly programs?: Programs
  readonly judge?: Judge
}): ScoringTools {
  return { rules, judge, programs, signal }
}

/** Where the grading model answers, and what it costs. */
export interface JudgeAccess {
  readonly connection: EngineConnection
  readonly prices: readonly Price[]
}

export interface OpenJudge extends Disposable {
  readonly judge: Judge
  /** What stands beside the score. */
  use(): Promise<NonNullable<EvaluationMetrics['judge']>>
}

/** The judge of a benchmark that needs one; null for the others. */
export async function openJudge(options: {
  readonly benchmark: Benchmark
  readonly protocol: Protocol
  readonly access: JudgeAccess | null
  /** File of its record. */
  readonly log: string
  readonly signal: AbortSignal
}): Promise<OpenJudge | null> {
  const { log } = options
  const known = assertJudge(options)
  if (known === null) return null
  const { rules, connection, prices } = known
  const client = createJsonClient(connection)
  const judge = await createJudge({ client, ...rules, log, signal: options.signal })
  return {
    judge,
    async use() {
      const use = await readJudgeUse(log)
      const price = findPrice(prices, rules.model, new Date().toISOString().slice(0, 10))
      return {
        model: rules.model,
        endpoint: new URL(connection.url).host,
        ...use,
        costUsd:
          price === null ? null : costOf(price, { input: use.promptTokens, output: use.completionTokens }),
      }
    },
    [Symbol.dispose]() {
      judge[Symbol.dispose]()
      client[Symbol.dispose]()
    },
  }
}

/** Before anything is spent: a benchmark that cannot be scored in the end is not worth starting. Null where none is needed. */
export function assertJudge({
  benchmark,
  protocol,
  access,
}: {
  readonly benchmark: Benchmark
  readonly protocol: Protocol
  readonly access: JudgeAccess | null
}): (JudgeAccess & { readonly rules: NonNullable<Protocol['judge']> }) | null {
  if (!benchmark.needs?.includes('judge')) return null
  if (protocol.judge === undefined)
    throw new BenchError(`the protocol "${protocol.id}" names no judge, which ${benchmark.id} needs`, {
      code: 'protocol/no_judge',
      kind: 'usage',
      remedy: 'Add `judge: { model: ..., maxTokens: ... }` to the protocol.',
    })
  if (access === null)
    throw new BenchError(`${benchmark.id} is graded by ${protocol.judge.model}, and no endpoint is known`, {
      code: 'judge/no_endpoint',
      kind: 'environment',
      remedy:
        'Set OPENAI_API_KEY, or PTB_JUDGE_URL for another endpoint that speaks chat completions (with JUDGE_API_KEY where it wants a key).',
    })
  return { ...access, rules: protocol.judge }
}

const noJudge: Judge = { ask: () => Promise.reject(missing('a judge')) }
const noPrograms: Programs = {
  run: () => Promise.reject(missing('a place to run programs')),
  check: () => Promise.reject(missing('a place to run programs')),
}

function missing(what: string): BenchError {
  return new BenchError(`the benchmark needs ${what}, and does not say so`, {
    code: 'benchmark/needs',
    kind: 'usage',
    remedy: 'Add it to `needs` of the benchmark.',
  })
}

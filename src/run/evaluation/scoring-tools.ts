import { join } from 'node:path'
import type { Benchmark } from '../../domain/benchmark.ts'
import type { EvaluationMetrics } from '../../domain/evaluation.ts'
import type { Endpoint } from '../../domain/engine.ts'
import { BenchError } from '../../domain/error.ts'
import { costOf, findPrice, type Price } from '../../domain/prices.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type { Judge, Programs, ScoringRules, ScoringTools } from '../../domain/scoring.ts'
import { createJsonClient } from '../../lib/http-json.ts'
import { createJudge, readJudgeUse } from './judge.ts'

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
  readonly endpoint: Endpoint
  readonly prices: readonly Price[]
}

export interface OpenJudge extends Disposable {
  readonly judge: Judge
  /** What stands beside the score. */
  use(): Promise<NonNullable<EvaluationMetrics['judge']>>
}

/** The judge of a benchmark that needs one, with its record in an evaluation's folder; null for the others. */
export async function openJudge(options: {
  readonly benchmark: Benchmark
  readonly protocol: Protocol
  readonly access: JudgeAccess | null
  readonly path: string
  readonly signal: AbortSignal
}): Promise<OpenJudge | null> {
  if (!options.benchmark.needs?.includes('judge')) return null
  const { rules, endpoint, prices } = assertJudge(options)
  const client = createJsonClient({
    url: endpoint.url.replace(/\/v1\/?$/, ''),
    headers: endpoint.key === null ? {} : { authorization: `Bearer ${endpoint.key}` },
  })
  const log = join(options.path, 'judge.jsonl')
  const judge = await createJudge({ client, ...rules, log, signal: options.signal })
  return {
    judge,
    async use() {
      const use = await readJudgeUse(log)
      const price = findPrice(prices, rules.model, new Date().toISOString().slice(0, 10))
      return {
        model: rules.model,
        endpoint: new URL(endpoint.url).host,
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

/** Before anything is spent: a benchmark that cannot be scored in the end is not worth starting. */
export function assertJudge({
  benchmark,
  protocol,
  access,
}: {
  readonly benchmark: Benchmark
  readonly protocol: Protocol
  readonly access: JudgeAccess | null
}): JudgeAccess & { readonly rules: NonNullable<Protocol['judge']> } {
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
        'Set OPENAI_API_KEY, or PTB_JUDGE_URL for another endpoint that speaks chat completions (with PTB_JUDGE_KEY where it wants a key).',
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

import type { FinalMetrics, Metrics } from './trajectory.ts'

/** Tokens of one or many model calls. What a CLI does not tell is null. */
export interface Tokens {
  /** Cached ones included. */
  readonly prompt: number | null
  readonly cached: number | null
  readonly cacheWrite?: number | null
  /** As the CLI counts its output. */
  readonly completion: number | null
  /** Within `completion`, or beside it where `reasoningBeside`. */
  readonly reasoning?: number | null
  readonly reasoningBeside?: boolean
}

export interface UsageTotals {
  readonly promptTokens: number | null
  readonly cachedTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly completionTokens: number | null
  readonly reasoningTokens: number | null
  readonly costUsd: number | null
  /** `stated`: the CLI's own totals; `summed`: of its model calls, because it was stopped before it told any. */
  readonly basis: 'stated' | 'summed' | 'none'
  readonly notes: readonly string[]
  /** With subagents and helper models, where the CLI tells these apart. */
  readonly everyModel: Pick<Tokens, 'prompt' | 'cached' | 'completion'> | null
  /** The CLI's own statements, as it made them. */
  readonly stated: readonly unknown[]
}

/** Adds up what a CLI states: per `key` (a session, a process) a statement adds to the earlier one or replaces it. */
export interface UsageLedger {
  stateTokens(key: string, tokens: Tokens, mode: 'add' | 'replace'): void
  stateCost(key: string, usd: number, mode: 'add' | 'replace'): void
  stateEveryModel(key: string, tokens: Tokens, mode: 'add' | 'replace'): void
  /** Kept as it is, for whoever wants to check. */
  quote(statement: unknown): void
  /** `calls`: of single model calls, for a run without a statement. */
  totals(calls: readonly Metrics[]): UsageTotals
}

const maxQuotes = 200

export function createUsageLedger(): UsageLedger {
  const tokens = new Map<string, Tokens>()
  const everyModel = new Map<string, Tokens>()
  const costs = new Map<string, number>()
  const quotes: unknown[] = []
  return {
    stateTokens: (key, stated, mode) => enter(tokens, key, stated, mode),
    stateEveryModel: (key, stated, mode) => enter(everyModel, key, stated, mode),
    stateCost(key, usd, mode) {
      costs.set(key, (mode === 'add' ? (costs.get(key) ?? 0) : 0) + usd)
    },
    quote(statement) {
      quotes.push(statement)
      if (quotes.length > maxQuotes) quotes.shift()
    },
    totals(calls) {
      const stated = [...tokens.values()]
      const summed = calls.map(tokensOf)
      const basis = stated.length > 0 ? 'stated' : summed.length > 0 ? 'summed' : 'none'
      const sum = (basis === 'stated' ? stated : summed).reduce(addTokens, noTokens)
      const callCosts = calls.flatMap(({ cost_usd: usd }) => (typeof usd === 'number' ? [usd] : []))
      const usd = costs.size > 0 ? [...costs.values()] : callCosts
      return {
        promptTokens: sum.prompt,
        cachedTokens: sum.cached,
        cacheWriteTokens: sum.cacheWrite ?? null,
        completionTokens: sum.completion,
        reasoningTokens: sum.reasoning ?? null,
        costUsd: sumCosts(usd),
        basis,
        notes: notesOf(sum, basis),
        everyModel: sumAll([...everyModel.values()]),
        stated: quotes,
      }
    },
  }
}

export function metricsOf(tokens: Tokens, costUsd?: number | null): Metrics {
  const extra = {
    ...(typeof tokens.cacheWrite === 'number' ? { cache_write_tokens: tokens.cacheWrite } : {}),
    ...(typeof tokens.reasoning === 'number' ? { reasoning_tokens: tokens.reasoning } : {}),
  }
  return {
    ...(tokens.prompt === null ? {} : { prompt_tokens: tokens.prompt }),
    ...(tokens.completion === null ? {} : { completion_tokens: tokens.completion }),
    ...(tokens.cached === null ? {} : { cached_tokens: tokens.cached }),
    ...(typeof costUsd === 'number' ? { cost_usd: costUsd } : {}),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

export function finalMetricsOf(totals: UsageTotals, steps: number): FinalMetrics {
  const { cacheWriteTokens, reasoningTokens, basis, notes, everyModel, stated } = totals
  return {
    total_prompt_tokens: totals.promptTokens,
    total_completion_tokens: totals.completionTokens,
    total_cached_tokens: totals.cachedTokens,
    total_cost_usd: totals.costUsd,
    total_steps: steps,
    extra: {
      basis,
      ...(cacheWriteTokens === null ? {} : { total_cache_write_tokens: cacheWriteTokens }),
      ...(reasoningTokens === null ? {} : { total_reasoning_tokens: reasoningTokens }),
      ...(notes.length === 0 ? {} : { notes }),
      ...(everyModel === null ? {} : { every_model: everyModel }),
      ...(stated.length === 0 ? {} : { stated }),
    },
  }
}

const noTokens: Tokens = { prompt: null, cached: null, completion: null }

function tokensOf({ prompt_tokens, cached_tokens, completion_tokens, extra }: Metrics): Tokens {
  const beside = (key: string): number | null => {
    const value = extra?.[key]
    return typeof value === 'number' ? value : null
  }
  return {
    prompt: prompt_tokens ?? null,
    cached: cached_tokens ?? null,
    completion: completion_tokens ?? null,
    cacheWrite: beside('cache_write_tokens'),
    reasoning: beside('reasoning_tokens'),
  }
}

function addTokens(one: Tokens, other: Tokens): Tokens {
  return {
    prompt: add(one.prompt, other.prompt),
    cached: add(one.cached, other.cached),
    cacheWrite: add(one.cacheWrite, other.cacheWrite),
    completion: add(one.completion, other.completion),
    reasoning: add(one.reasoning, other.reasoning),
    reasoningBeside: one.reasoningBeside === true || other.reasoningBeside === true,
  }
}

function enter(ledger: Map<string, Tokens>, key: string, stated: Tokens, mode: 'add' | 'replace'): void {
  const before = ledger.get(key)
  ledger.set(key, mode === 'add' && before !== undefined ? addTokens(before, stated) : stated)
}

function sumAll(all: readonly Tokens[]): UsageTotals['everyModel'] {
  if (all.length === 0) return null
  const { prompt, cached, completion } = all.reduce(addTokens, noTokens)
  return { prompt, cached, completion }
}

function notesOf(sum: Tokens, basis: UsageTotals['basis']): readonly string[] {
  return [
    ...(basis === 'summed'
      ? ['added up from the model calls that were told: a lower bound of what was used']
      : []),
    ...(sum.reasoningBeside === true
      ? ['completion tokens are the CLI’s own figure, which leaves reasoning tokens out']
      : []),
  ]
}

function sumCosts(costs: readonly number[]): number | null {
  const sum = costs.reduce((one, other) => one + other, 0)
  return costs.length === 0 || !Number.isFinite(sum) ? null : sum
}

/** Exact as long as it can be: what a hostile transcript claims may be any number. */
function add(one: number | null | undefined, other: number | null | undefined): number | null {
  if (typeof one !== 'number') return other ?? null
  return Math.min(one + (other ?? 0), Number.MAX_SAFE_INTEGER)
}

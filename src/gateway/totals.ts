import type { TokenCounts } from '../domain/gateway.ts'

export interface Totals {
  add(request: {
    readonly model: string
    readonly tokens: TokenCounts | null
    readonly costNanoUsd: number | null
    readonly chargedNanoUsd: number
  }): void
  read(): {
    readonly tokens: TokenCounts
    readonly costNanoUsd: number
    readonly chargedNanoUsd: number
    readonly unpriced: string[]
  }
}

/** What a gateway has metered. */
export function createTotals(): Totals {
  let tokens: TokenCounts = noTokens
  let costNanoUsd = 0
  let chargedNanoUsd = 0
  const unpriced = new Set<string>()
  return {
    add(request) {
      if (request.tokens !== null) tokens = addTokens(tokens, request.tokens)
      if (request.costNanoUsd !== null) costNanoUsd += request.costNanoUsd
      else if (request.tokens !== null && unpriced.size < maxNames) unpriced.add(request.model)
      chargedNanoUsd += request.chargedNanoUsd
    },
    read: () => ({ tokens, costNanoUsd, chargedNanoUsd, unpriced: [...unpriced] }),
  }
}

/** Where any model is allowed, an agent can invent them. */
const maxNames = 1000

const noTokens: TokenCounts = {
  input: 0,
  cachedInput: 0,
  cacheWrite: 0,
  cacheWriteHour: 0,
  output: 0,
  reasoning: null,
}

function addTokens(one: TokenCounts, other: TokenCounts): TokenCounts {
  return {
    input: one.input + other.input,
    cachedInput: one.cachedInput + other.cachedInput,
    cacheWrite: one.cacheWrite + other.cacheWrite,
    cacheWriteHour: one.cacheWriteHour + other.cacheWriteHour,
    output: one.output + other.output,
    reasoning:
      one.reasoning === null && other.reasoning === null
        ? null
        : (one.reasoning ?? 0) + (other.reasoning ?? 0),
  }
}

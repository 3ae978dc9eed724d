import type { Tokens, UsageLedger } from '../domain/trajectory-usage.ts'
import { countOf, nameOf, numberOf, recordOf, type JsonRecord } from '../lib/loose-json.ts'
import { tokensOf } from './claude-blocks.ts'

export interface ClaudeUsage {
  result(event: JsonRecord): void
}

/**
 * A `result` states `usage` of its own turn, without subagents and helper models; `modelUsage` and `total_cost_usd` count
 * everything, in newer versions since the beginning of the session, in older ones since that of the process.
 */
export function createClaudeUsage(ledger: UsageLedger): ClaudeUsage {
  const before = new Map<string, JsonRecord>()
  return {
    result(event) {
      const session = nameOf(event['session_id']) ?? ''
      const models = recordOf(event['modelUsage']) ?? {}
      const earlier = before.get(session)
      const own = tokensOf(recordOf(event['usage']))
      const cumulative =
        recordOf(event['model_usage_since_last_result']) !== null ||
        (earlier !== undefined && promptOf(models) >= promptOf(earlier) + (own?.prompt ?? 0))
      before.set(session, models)

      const spent = isNothing(own) ? sinceLast(event, models, cumulative ? earlier : undefined) : own
      if (spent !== null) ledger.stateTokens(session, spent, 'add')
      const usd = numberOf(event['total_cost_usd'])
      if (usd !== null) ledger.stateCost(session, usd, cumulative ? 'replace' : 'add')
      if (recordOf(event['modelUsage']) !== null)
        ledger.stateEveryModel(session, everyModel(models), cumulative ? 'replace' : 'add')
      ledger.quote({
        usage: event['usage'],
        modelUsage: event['modelUsage'],
        total_cost_usd: event['total_cost_usd'],
        ...('model_usage_since_last_result' in event
          ? { model_usage_since_last_result: event['model_usage_since_last_result'] }
          : {}),
      })
    },
  }
}

/** A run that is stopped for its budget states no usage of its own. */
function isNothing(tokens: Tokens | null): boolean {
  return tokens === null || (tokens.prompt === 0 && (tokens.completion ?? 0) === 0)
}

function sinceLast(event: JsonRecord, models: JsonRecord, earlier: JsonRecord | undefined): Tokens | null {
  const since = recordOf(event['model_usage_since_last_result'])
  const of = (key: string): number =>
    since === null ? Math.max(0, sumOf(models, key) - sumOf(earlier ?? {}, key)) : sumOf(since, key)
  if (since === null && recordOf(event['modelUsage']) === null) return null
  const [cached, cacheWrite] = [of('cacheReadInputTokens'), of('cacheCreationInputTokens')]
  return {
    prompt: of('inputTokens') + cached + cacheWrite,
    cached,
    cacheWrite,
    completion: of('outputTokens'),
  }
}

function everyModel(models: JsonRecord): Tokens {
  return {
    prompt: promptOf(models),
    cached: sumOf(models, 'cacheReadInputTokens'),
    completion: sumOf(models, 'outputTokens'),
  }
}

function sumOf(models: JsonRecord, key: string): number {
  return Object.values(models).reduce<number>((sum, model) => sum + (countOf(recordOf(model)?.[key]) ?? 0), 0)
}

function promptOf(models: JsonRecord): number {
  return (
    sumOf(models, 'inputTokens') +
    sumOf(models, 'cacheReadInputTokens') +
    sumOf(models, 'cacheCreationInputTokens')
  )
}

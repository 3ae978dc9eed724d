import { listOf, numberOf, recordOf, type JsonRecord } from '../../src/lib/loose-json.ts'

export interface StatedTotals {
  readonly promptTokens: number
  readonly cachedTokens?: number
  readonly completionTokens: number
}

/** What the CLI itself says that the run has used, read straight from its events; null where it says nothing. */
export function statedTotals(agent: string, events: readonly unknown[]): StatedTotals | null {
  const records = events.map((event) => recordOf(event) ?? {})
  switch (agent) {
    case 'claude':
      return sum(records.filter(({ type }) => type === 'result').map(claudeResult))
    case 'codex':
      return sum(
        records
          .filter(({ type }) => type === 'turn.completed')
          .slice(-1)
          .map(codexTurn),
      )
    case 'gemini':
      return sum(records.filter((event) => event['stats'] !== undefined).map(geminiStats))
    case 'opencode':
      return sum(records.filter(({ type }) => type === 'step_finish').map(opencodeStep))
    default:
      throw new TypeError(agent)
  }
}

function sum(all: readonly StatedTotals[]): StatedTotals | null {
  if (all.length === 0) return null
  return all.reduce((one, other) => ({
    ...one,
    promptTokens: one.promptTokens + other.promptTokens,
    completionTokens: one.completionTokens + other.completionTokens,
    ...(one.cachedTokens === undefined ? {} : { cachedTokens: one.cachedTokens + (other.cachedTokens ?? 0) }),
  }))
}

/** On `error_max_budget_usd` the usage is zero, and `modelUsage` tells it. */
function claudeResult(event: JsonRecord): StatedTotals {
  const usage = recordOf(event['usage']) ?? {}
  const models = Object.values(recordOf(event['modelUsage']) ?? {}).map((model) => recordOf(model) ?? {})
  const [only] = models
  if (event['subtype'] === 'error_max_budget_usd' && only !== undefined)
    return {
      promptTokens:
        n(only, 'inputTokens') + n(only, 'cacheReadInputTokens') + n(only, 'cacheCreationInputTokens'),
      cachedTokens: n(only, 'cacheReadInputTokens'),
      completionTokens: n(only, 'outputTokens'),
    }
  return {
    promptTokens:
      n(usage, 'input_tokens') +
      n(usage, 'cache_read_input_tokens') +
      n(usage, 'cache_creation_input_tokens'),
    cachedTokens: n(usage, 'cache_read_input_tokens'),
    completionTokens: n(usage, 'output_tokens'),
  }
}

function codexTurn(event: JsonRecord): StatedTotals {
  const usage = recordOf(event['usage']) ?? {}
  return {
    promptTokens: n(usage, 'input_tokens'),
    cachedTokens: n(usage, 'cached_input_tokens'),
    completionTokens: n(usage, 'output_tokens'),
  }
}

function geminiStats(event: JsonRecord): StatedTotals {
  const stats = recordOf(event['stats']) ?? {}
  if (event['type'] === 'result')
    return { promptTokens: n(stats, 'input_tokens'), completionTokens: n(stats, 'output_tokens') }
  const models = Object.values(recordOf(stats['models']) ?? {}).map(
    (model) => recordOf(recordOf(model)?.['tokens']) ?? {},
  )
  const [first] = listOf(models).map((model) => recordOf(model) ?? {})
  return { promptTokens: n(first ?? {}, 'prompt'), completionTokens: n(first ?? {}, 'candidates') }
}

function opencodeStep(event: JsonRecord): StatedTotals {
  const tokens = recordOf(recordOf(event['part'])?.['tokens']) ?? {}
  const cache = recordOf(tokens['cache']) ?? {}
  return {
    promptTokens: n(tokens, 'input') + n(cache, 'read') + n(cache, 'write'),
    cachedTokens: n(cache, 'read'),
    completionTokens: n(tokens, 'output'),
  }
}

function n(record: JsonRecord, key: string): number {
  return numberOf(record[key]) ?? 0
}

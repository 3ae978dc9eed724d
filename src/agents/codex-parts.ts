import type { Tokens } from '../domain/trajectory-usage.ts'
import { countOf, type JsonRecord } from '../lib/loose-json.ts'

/** Cached tokens are among the input, reasoning is among the output. */
export function tokensOf(usage: JsonRecord | null): Tokens | null {
  const prompt = countOf(usage?.['input_tokens'])
  if (usage === null || prompt === null) return null
  return {
    prompt,
    cached: countOf(usage['cached_input_tokens']),
    cacheWrite: countOf(usage['cache_write_input_tokens']),
    completion: countOf(usage['output_tokens']),
    reasoning: countOf(usage['reasoning_output_tokens']),
  }
}

export function messageOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** An answer of status 400 is passed on as it came. */
export function codesOf(message: string): readonly string[] {
  return [...message.matchAll(/"(?:code|type)":"(\w+)"/gu)].flatMap(([, code]) => code ?? []).slice(0, 10)
}

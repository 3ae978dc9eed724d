import type { Item, Score } from '../../domain/benchmark.ts'
import type { ChatOutput } from '../../domain/chat.ts'
import { equals } from '../../lib/python/equality.ts'
import { parseHermes } from '../../lib/scoring/hermes.ts'
import { parseToolCall, type ToolSignature } from '../../lib/scoring/parse-tool-call.ts'
import { isJsonObject } from '../../lib/strict-json.ts'
import { parseCallTarget } from './call-target.ts'

/**
 * Right when there is exactly one call, with the target's name and arguments equal to the target's, as Python compares. Calls
 * are the engine's where it reads them out, else what vLLM's `hermes` parser would have read.
 */
export function scoreBfcl(
  { target, tools = [] }: Pick<Item, 'target' | 'tools'>,
  { text, toolCalls }: Pick<ChatOutput, 'text' | 'toolCalls'>,
): Score {
  const calls = toolCalls ?? parseHermes(text).calls
  const [call] = calls
  if (call === undefined) return { value: 0, answer: null }
  const answer = calls.map((each) => `${each.name}(${each.arguments})`).join(' ')
  const signatures = tools.map((tool): ToolSignature => ({
    name: tool.function.name,
    parameters: parameterNames(tool.function.parameters),
  }))
  const parsed = parseToolCall(call, signatures)
  const expected = parseCallTarget(target)
  const correct =
    calls.length === 1 && parsed.name === expected.name && equals(parsed.arguments, expected.arguments)
  return { value: correct ? 1 : 0, answer }
}

function parameterNames(schema: unknown): string[] {
  return isJsonObject(schema) && isJsonObject(schema['properties']) ? Object.keys(schema['properties']) : []
}

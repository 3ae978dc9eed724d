import { listOf, recordOf, type JsonRecord } from '../../lib/loose-json.ts'
import { holds } from './holds.ts'
import { answersIn, outputLimitOf, tokensIn, type Usage, type Wire } from './wire.ts'

/** Gemini `generateContent` and `streamGenerateContent?alt=sse`. The path names model and method: see `endpoint.ts`. */
export const gemini = {
  id: 'gemini',
  api: 'gemini',
  readRequest(body) {
    // protobuf's JSON takes both spellings of every name
    const settings = [body['generationConfig'], body['generation_config']].map(recordOf)
    const of = (...names: string[]): unknown[] => settings.flatMap((one) => names.map((name) => one?.[name]))
    return {
      model: null,
      streamed: false,
      outputLimit: outputLimitOf(of('maxOutputTokens', 'max_output_tokens')),
      answers: answersIn(of('candidateCount', 'candidate_count')),
      hasHiddenInput: runsTools(body) || holds(body, { keys: hidden }),
      unmetered: null,
    }
  },
  prepare: (body) => body,
  /** Every chunk tells the whole so far; the one that has a reason to end is the last word. */
  readUsage(answer, before) {
    const usage = recordOf(answer['usageMetadata'])
    if (usage === null) return before
    const ended =
      listOf(answer['candidates']).some((one) => typeof recordOf(one)?.['finishReason'] === 'string') ||
      typeof recordOf(answer['promptFeedback'])?.['blockReason'] === 'string'
    return { tokens: tokensOf(usage) ?? before.tokens, final: ended || before.final }
  },
} as const satisfies Wire

const hidden = ['cachedContent', 'fileData', 'inlineData', 'cached_content', 'file_data', 'inline_data']

/** Everything but functions of the agent's own is run by the provider, and its results go into the prompt. */
function runsTools(body: JsonRecord): boolean {
  return listOf(body['tools']).some((tool) =>
    Object.keys(recordOf(tool) ?? {}).some((key) => !/^function_?declarations$/iu.test(key)),
  )
}

/** `candidatesTokenCount` is without thoughts, and `promptTokenCount` without what tools brought in. */
function tokensOf(usage: JsonRecord): Usage['tokens'] {
  const stated = tokensIn(usage['promptTokenCount'])
  if (stated === null) return null
  const prompt = stated + (tokensIn(usage['toolUsePromptTokenCount']) ?? 0)
  const reasoning = tokensIn(usage['thoughtsTokenCount']) ?? 0
  const cachedInput = Math.min(tokensIn(usage['cachedContentTokenCount']) ?? 0, prompt)
  return {
    input: prompt - cachedInput,
    cachedInput,
    cacheWrite: 0,
    cacheWriteHour: 0,
    output: (tokensIn(usage['candidatesTokenCount']) ?? 0) + reasoning,
    reasoning,
  }
}

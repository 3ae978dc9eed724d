import { describe, expect, it } from 'vitest'
import type { Benchmark } from '../../domain/benchmark.ts'
import { scoringRulesSchema, type ScoringRules } from '../../domain/scoring.ts'
import { CompletionRefused, CompletionUnavailable } from '../../lib/chat-completions.ts'
import { countingBenchmark } from '../../../test/fakes/benchmark.ts'
import { ask, EvaluationAborted, isRefused, type AskOptions } from './ask.ts'
import { createScoringTools } from './scoring-tools.ts'

const item = { id: 'a', messages: [], target: '1024', fingerprints: [] }
const question = { set: 'test', item, id: 'a', pass: 1 } as const

function asked(
  generate: AskOptions['generate'],
  rules: Partial<ScoringRules> = {},
  benchmark: Benchmark = countingBenchmark,
): ReturnType<typeof ask> {
  const signal = new AbortController().signal
  const tools = createScoringTools({ rules: scoringRulesSchema.parse(rules), signal })
  return ask(question, { benchmark, tools, request: { messages: [], maxTokens: 4 }, generate })
}

const refused = (status: number, message: string) => (): Promise<never> =>
  Promise.reject(new CompletionRefused(status, message))
const tooLong = refused(400, "This model's maximum context length is 1024 tokens.")

describe('a prompt that does not fit', () => {
  it('counts 0, with the message as its error', async () => {
    const sample = await asked(tooLong)
    expect(sample).toMatchObject({
      value: 0,
      answer: null,
      output: '',
      finishReason: 'context_overflow',
      error: "This model's maximum context length is 1024 tokens.",
    })
    expect(isRefused(sample)).toBe(true)
  })

  it('has the message scored as its answer, where the protocol does as the published system', async () => {
    const sample = await asked(tooLong, { contextOverflow: 'score_message', failingSample: 'abort' })
    expect(sample).toMatchObject({ value: 1, answer: '1024', finishReason: 'context_overflow' })
    expect(isRefused(sample)).toBe(false)
  })

  it.each([
    [400, 'max_tokens must be at least 1, got -12', 'context_overflow'],
    [400, 'unknown field', 'error'],
    [413, 'maximum context length', 'error'],
    [200, 'the answer holds no text', 'error'],
  ])('is told from other refusals: %i %s', async (status, message, finishReason) => {
    expect(await asked(refused(status, message))).toMatchObject({ value: 0, error: message, finishReason })
  })
})

it.each([401, 403, 404])('HTTP %i is no fault of a sample', async (status) => {
  await expect(asked(refused(status, 'no'))).rejects.toBeInstanceOf(CompletionUnavailable)
})

describe('a sample that cannot be scored', () => {
  const failing: Benchmark = {
    ...countingBenchmark,
    score: () => ({ value: 1, answer: 'x', details: { why: 'z' }, error: 'overflow' }),
  }
  const answers = async () => ({ text: 'y', finishReason: 'stop', promptTokens: 1, completionTokens: 1 })

  it('counts 0 and keeps what is known of it', async () => {
    expect(await asked(answers, {}, failing)).toMatchObject({
      value: 0,
      answer: 'x',
      output: 'y',
      details: { why: 'z' },
      error: 'overflow',
    })
  })

  it('ends the evaluation where the protocol says so, and whose fault it may be', async () => {
    const abort = { failingSample: 'abort' } as const
    const byScorer = await asked(answers, abort, failing).catch((error: unknown) => error)
    expect(byScorer).toBeInstanceOf(EvaluationAborted)
    expect(byScorer).toMatchObject({ isRefusal: false, message: expect.stringContaining('test/1/a') })
    await expect(asked(refused(400, 'no'), abort)).rejects.toMatchObject({ isRefusal: true })
  })
})

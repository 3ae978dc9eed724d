import type { Benchmark, Score } from '../../domain/benchmark.ts'
import type { ChatOutput, ChatRequest } from '../../domain/chat.ts'
import type { Sample } from '../../domain/evaluation.ts'
import type { ScoringTools } from '../../domain/scoring.ts'
import { CompletionRefused } from '../../lib/chat-completions.ts'
import { questionKey, type Question } from './questions.ts'

/** As `finishReason`: no answer could be had. */
export const unanswered = 'error'
/** As `finishReason`: the prompt did not fit, and the server's message stands for the answer. */
const overflowed = 'context_overflow'

/** A sample that cannot be scored, under rules by which that ends the evaluation. */
export class EvaluationAborted extends Error {
  constructor(question: Question, reason: string) {
    super(`${questionKey(question)} cannot be scored: ${reason}`)
    this.name = 'EvaluationAborted'
  }
}

export interface AskOptions {
  readonly benchmark: Benchmark
  readonly tools: ScoringTools
  readonly request: ChatRequest
  readonly generate: (request: ChatRequest) => Promise<ChatOutput>
}

/** Asks one question and scores the answer. What is no fault of the sample's rejects. */
export async function ask(question: Question, options: AskOptions): Promise<Sample> {
  const { request, tools } = options
  const started = performance.now()
  const output = await answer(options)
  const score = output.refusal === undefined ? await scoreOutput(question, output, options) : unscored
  const error = output.refusal ?? score.error
  if (error !== undefined && tools.rules.failingSample === 'abort')
    throw new EvaluationAborted(question, error)
  return {
    set: question.set,
    id: question.id,
    pass: question.pass,
    seed: request.seed ?? 0,
    messages: [...request.messages],
    output: output.text,
    ...(output.toolCalls === undefined ? {} : { toolCalls: [...output.toolCalls] }),
    finishReason: output.finishReason,
    promptTokens: output.promptTokens,
    completionTokens: output.completionTokens,
    answer: score.answer,
    target: question.item.target,
    value: error === undefined ? score.value : 0,
    ...(score.details === undefined ? {} : { details: { ...score.details } }),
    ...(error === undefined ? {} : { error }),
    latencyMs: Math.round(performance.now() - started),
  }
}

const unscored: Score = { value: 0, answer: null }

/** With the calls of a judge named after the question: the same item may be asked in several passes. */
export function scoreOutput(
  question: Question,
  output: Pick<ChatOutput, 'text' | 'toolCalls'>,
  { benchmark, tools }: Pick<AskOptions, 'benchmark' | 'tools'>,
): Score | Promise<Score> {
  const prefix = questionKey(question)
  return benchmark.score(question.item, output, {
    ...tools,
    judge: { ask: (request) => tools.judge.ask({ ...request, key: `${prefix}/${request.key}` }) },
  })
}

async function answer({
  request,
  generate,
  tools,
}: AskOptions): Promise<ChatOutput & { readonly refusal?: string }> {
  try {
    return await generate(request)
  } catch (error) {
    if (!(error instanceof CompletionRefused)) throw error
    const nothing = { promptTokens: 0, completionTokens: 0 }
    if (isOverflow(error) && tools.rules.contextOverflow === 'score_message')
      return { ...nothing, text: error.message, finishReason: overflowed }
    return { ...nothing, text: '', finishReason: unanswered, refusal: error.message }
  }
}

/** As inspect_ai recognises it in what vLLM says. */
function isOverflow({ status, message }: CompletionRefused): boolean {
  return status === 400 && /maximum context length|max_tokens must be at least 1/.test(message)
}

import type { Benchmark, Score } from '../../domain/benchmark.ts'
import type { ChatOutput, ChatRequest } from '../../domain/chat.ts'
import type { Sample } from '../../domain/evaluation.ts'
import type { ScoringTools } from '../../domain/scoring.ts'
import { CompletionRefused, CompletionUnavailable } from '../../lib/chat-completions.ts'
import { questionKey, type Question } from './questions.ts'

/** As `finishReason`: no answer could be had. */
export const unanswered = 'error'
/** As `finishReason`: the prompt did not fit; the server's message is the output where that is scored, else the error. */
export const overflowed = 'context_overflow'

/** A sample that cannot be scored, under rules by which that ends the evaluation. */
export class EvaluationAborted extends Error {
  /** The server refused the request: that may be its own doing. */
  readonly isRefusal: boolean
  constructor(question: Question, reason: string, { isRefusal }: { readonly isRefusal: boolean }) {
    super(`${questionKey(question)} cannot be scored: ${reason}`)
    this.name = 'EvaluationAborted'
    this.isRefusal = isRefusal
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
    throw new EvaluationAborted(question, error, { isRefusal: output.refusal !== undefined })
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
    if (forAll.has(error.status))
      throw new CompletionUnavailable(`HTTP ${error.status}: ${error.message}`, error)
    if (!isOverflow(error)) return { ...nothing, text: '', finishReason: unanswered, refusal: error.message }
    return tools.rules.contextOverflow === 'score_message'
      ? { ...nothing, text: error.message, finishReason: overflowed }
      : { ...nothing, text: '', finishReason: overflowed, refusal: error.message }
  }
}

/** A key that does not count, or a model that is not there: of no sample's doing. */
const forAll: ReadonlySet<number> = new Set([401, 403, 404])

/** As inspect_ai recognises it in what vLLM says. */
function isOverflow({ status, message }: CompletionRefused): boolean {
  return status === 400 && /maximum context length|max_tokens must be at least 1/.test(message)
}

/** Whether the server refused the request, for whatever reason. */
export function isRefused({ finishReason, error }: Pick<Sample, 'finishReason' | 'error'>): boolean {
  return error !== undefined && (finishReason === unanswered || finishReason === overflowed)
}

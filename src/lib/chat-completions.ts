import type { AdaptiveConcurrency } from './adaptive-concurrency.ts'
import { DeadlinePassed, startDeadline } from './deadline.ts'
import { AnswerTooLong, type JsonClient, type JsonResponse } from './http-json.ts'
import { createRetryDelays } from './retry.ts'

/** A generation request in our own words; see `renderCompletionBody` for the OpenAI chat-completions body it becomes. */
export interface CompletionRequest {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly tools?: readonly unknown[]
  readonly maxTokens: number
  readonly temperature?: number
  readonly topP?: number
  readonly seed?: number
  readonly stop?: readonly string[]
}

export interface CompletionToolCall {
  readonly name: string
  /** JSON, as the model wrote it. */
  readonly arguments: string
}

export interface Completion {
  readonly text: string
  /** Those that the server read out of the text, which then is what stood before the first. Absent: it read none. */
  readonly toolCalls?: readonly CompletionToolCall[]
  readonly finishReason: string
  readonly promptTokens: number
  readonly completionTokens: number
}

/** The server answered, and will not answer this request differently: counted against the sample. */
export class CompletionRefused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'CompletionRefused'
    this.status = status
  }
}

/** The server could not be reached, kept failing, or did not speak the protocol: never counted against the sample. */
export class CompletionUnavailable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'CompletionUnavailable'
  }
}

export interface CompletionOptions {
  readonly model: string
  readonly signal: AbortSignal
  /** Further tries after a 5xx, a broken connection or an answer that is none. Default 4. */
  readonly retries?: number
  /** How long a server may say that it is busy (408, 429, 503). Default 10 min; the signal may end it sooner. */
  readonly patienceMs?: number
  /** How long one try may take. Default: 10 min and a quarter of a second for every token. */
  readonly deadlineMs?: number
  /** Lets each try wait for room, and learns from it how much room there is. Default: there always is. */
  readonly adaptive?: AdaptiveConcurrency
}

const busy: ReadonlySet<number> = new Set([408, 429, 503])
const defaultPatienceMs = 600_000
/** Whatever `Retry-After` says. */
const longestPauseMs = 60_000

export async function requestCompletion(
  client: JsonClient,
  request: CompletionRequest,
  options: CompletionOptions,
): Promise<Completion> {
  const { signal } = options
  let last: unknown
  for (const delayMs of createRetryDelays({ retries: options.retries ?? 4, firstMs: 250, maxMs: 8000 })) {
    await wait(delayMs, signal)
    try {
      const response = await sendPatiently(client, request, options)
      if (response.status === 200) return readCompletion(response.body)
      const message = errorMessage(response.body, response.text)
      if (response.status >= 400 && response.status < 500)
        throw new CompletionRefused(response.status, message)
      last = new Error(`HTTP ${response.status}: ${message}`)
    } catch (error) {
      if (error instanceof AnswerTooLong) throw new CompletionRefused(200, error.message)
      if (error instanceof CompletionRefused || error instanceof CompletionUnavailable) throw error
      if (signal.aborted) throw error
      last = error
    }
  }
  throw new CompletionUnavailable(last instanceof Error ? last.message : String(last), last)
}

/** Waits for a busy server as long as it asks for, else longer and longer. */
async function sendPatiently(
  client: JsonClient,
  request: CompletionRequest,
  options: CompletionOptions,
): Promise<JsonResponse> {
  const { signal, patienceMs = defaultPatienceMs } = options
  const end = performance.now() + patienceMs
  for (let pauseMs = 250; ; pauseMs = Math.min(8000, 2 * pauseMs)) {
    const response = await sendOnce(client, request, options)
    if (!busy.has(response.status)) return response
    if (performance.now() >= end) {
      const message = errorMessage(response.body, response.text)
      throw new CompletionUnavailable(`busy without end: HTTP ${response.status}: ${message}`, null)
    }
    // who was turned away together does not come back together
    const jitter = 0.5 + Math.random() / 2
    await wait(Math.min(longestPauseMs, Math.max(response.retryAfterMs ?? 0, pauseMs * jitter)), signal)
  }
}

/** One try, as soon as there is room for it. */
function sendOnce(
  client: JsonClient,
  request: CompletionRequest,
  options: CompletionOptions,
): Promise<JsonResponse> {
  const { adaptive } = options
  if (adaptive === undefined) return sendInTime(client, request, options)
  return adaptive.run(async ({ overloaded, answered }) => {
    try {
      const response = await sendInTime(client, request, options)
      if (busy.has(response.status)) overloaded()
      else if (response.status === 200) answered(readUsage(response.body).completionTokens)
      return response
    } catch (error) {
      if (error instanceof DeadlinePassed) overloaded()
      throw error
    }
  })
}

async function sendInTime(
  client: JsonClient,
  request: CompletionRequest,
  { model, signal, deadlineMs = longestTry(request.maxTokens) }: CompletionOptions,
): Promise<JsonResponse> {
  using deadline = startDeadline(deadlineMs)
  try {
    return await client.send('POST', '/v1/chat/completions', renderCompletionBody(request, model), {
      signal: AbortSignal.any([signal, deadline.signal]),
      maxBytes: longestAnswer(request.maxTokens),
    })
  } catch (error) {
    throw deadline.signal.aborted && !signal.aborted ? deadline.signal.reason : error
  }
}

function longestTry(maxTokens: number): number {
  return 600_000 + 250 * maxTokens
}

/**
 * What so many tokens can be at most, in bytes of JSON: few texts have more than 32 per token on average, and none that
 * is worth anything. A tokenizer of an adversary's may hold tokens of any length.
 */
function longestAnswer(maxTokens: number): number {
  return 16 * 1024 + 32 * maxTokens
}

/** The body of `POST /v1/chat/completions`. What is absent from the request is left to the server. */
export function renderCompletionBody(request: CompletionRequest, model: string): Record<string, unknown> {
  return {
    model,
    messages: request.messages,
    max_tokens: request.maxTokens,
    ...(request.tools === undefined ? {} : { tools: request.tools, tool_choice: 'auto' }),
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(request.topP === undefined ? {} : { top_p: request.topP }),
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    ...(request.stop === undefined ? {} : { stop: request.stop }),
  }
}

/** Reads what we need of the answer. Its text is whatever an adversary trained the model to say, its form is the server's. */
function readCompletion(body: unknown): Completion {
  const choice = at(at(body, 'choices'), '0')
  const message = at(choice, 'message')
  const content = at(message, 'content')
  const calls = at(message, 'tool_calls')
  // beside tool calls there need not be a text
  const text = content === null && Array.isArray(calls) ? '' : content
  if (text === null) throw new CompletionRefused(200, 'the answer holds no text')
  if (typeof text !== 'string') throw new Error('the answer holds no choice with a text')
  const finishReason = at(choice, 'finish_reason')
  return {
    text,
    // An empty list is what servers send that have no parser too.
    ...(Array.isArray(calls) && calls.length > 0 ? { toolCalls: calls.map(readToolCall) } : {}),
    finishReason: typeof finishReason === 'string' ? finishReason : 'unknown',
    ...readUsage(body),
  }
}

function readUsage(body: unknown): Pick<Completion, 'promptTokens' | 'completionTokens'> {
  const usage = at(body, 'usage')
  return {
    promptTokens: count(at(usage, 'prompt_tokens')),
    completionTokens: count(at(usage, 'completion_tokens')),
  }
}

function readToolCall(call: unknown): CompletionToolCall {
  const name = at(at(call, 'function'), 'name')
  const values = at(at(call, 'function'), 'arguments')
  if (typeof name !== 'string' || typeof values !== 'string')
    throw new Error('the answer holds a tool call without a name and arguments')
  return { name, arguments: values }
}

function errorMessage(body: unknown, text: string): string {
  const message = at(at(body, 'error'), 'message') ?? at(body, 'message')
  return (typeof message === 'string' ? message : text).slice(0, 2000)
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined // own property of an object
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  if (ms === 0) return
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

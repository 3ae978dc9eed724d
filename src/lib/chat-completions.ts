import type { JsonClient } from './http-json.ts'
import { createRetryDelays } from './retry.ts'

/** A generation request in our own words; see `toWire` for the OpenAI chat-completions body it becomes. */
export interface CompletionRequest {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly tools?: readonly unknown[]
  readonly maxTokens: number
  readonly temperature?: number
  readonly topP?: number
  readonly seed?: number
  readonly stop?: readonly string[]
}

export interface Completion {
  readonly text: string
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

/** The server could not be reached or kept failing: never counted against the sample. */
export class CompletionUnavailable extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'CompletionUnavailable'
  }
}

export interface CompletionOptions {
  readonly model: string
  readonly signal: AbortSignal
  /** Further tries after a 408, 429, 5xx or a broken connection. */
  readonly retries?: number
}

export async function requestCompletion(
  client: JsonClient,
  request: CompletionRequest,
  options: CompletionOptions,
): Promise<Completion> {
  let last: unknown
  for (const delayMs of createRetryDelays({ retries: options.retries ?? 4, firstMs: 250, maxMs: 8000 })) {
    await wait(delayMs, options.signal)
    try {
      const response = await client.send('POST', '/v1/chat/completions', toWire(request, options.model), {
        signal: options.signal,
      })
      if (response.status === 200) return readCompletion(response.body)
      const message = errorMessage(response.body, response.text)
      if (![408, 429].includes(response.status) && response.status < 500)
        throw new CompletionRefused(response.status, message)
      last = new Error(`HTTP ${response.status}: ${message}`)
    } catch (error) {
      if (error instanceof CompletionRefused) throw error
      if (options.signal.aborted) throw error
      last = error
    }
  }
  throw new CompletionUnavailable(last instanceof Error ? last.message : String(last), last)
}

function toWire(request: CompletionRequest, model: string): Record<string, unknown> {
  return {
    model,
    messages: request.messages,
    max_tokens: request.maxTokens,
    ...(request.tools === undefined ? {} : { tools: request.tools }),
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(request.topP === undefined ? {} : { top_p: request.topP }),
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    ...(request.stop === undefined ? {} : { stop: request.stop }),
  }
}

/** Reads what we need of the answer, trusting none of it: the model's text is whatever an adversary trained it to be. */
function readCompletion(body: unknown): Completion {
  const choice = at(at(body, 'choices'), '0')
  const text = at(at(choice, 'message'), 'content')
  if (typeof text !== 'string' && text !== null)
    throw new CompletionRefused(200, 'the answer holds no choice with a text')
  const usage = at(body, 'usage')
  const finishReason = at(choice, 'finish_reason')
  return {
    text: text ?? '',
    finishReason: typeof finishReason === 'string' ? finishReason : 'unknown',
    promptTokens: count(at(usage, 'prompt_tokens')),
    completionTokens: count(at(usage, 'completion_tokens')),
  }
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

import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { BenchError } from '../../domain/error.ts'
import type { Judge, JudgeRequest } from '../../domain/scoring.ts'
import { startDeadline } from '../../lib/deadline.ts'
import type { JsonClient, JsonResponse } from '../../lib/http-json.ts'
import { openJsonlWriter } from '../../lib/jsonl.ts'
import { createSemaphore } from '../../lib/semaphore.ts'
import { nameOf, readFinalReplies, type JudgeCall } from './judge-record.ts'

/** As the published evaluations ask. */
const callsAtOnce = 64
const longestWaitMs = 60_000
/** How long one request may go without any answer of the endpoint before the evaluation ends, to be gone on with later. */
const defaultPatienceMs = 900_000
/** As OpenAI's client has it. */
const defaultDeadlineMs = 600_000
const maxReplyBytes = 8 * 1024 ** 2

type Call = Omit<JudgeCall, 'usable' | 'final'>
interface Reply extends Omit<Call, 'key' | 'attempt' | 'at' | 'latencyMs' | 'messages'> {
  /** Whether what came has the form of a chat completion, with a text or without. */
  readonly isCompletion: boolean
  readonly retryAfterMs: number | null
}

export interface JudgeOptions {
  readonly client: JsonClient
  readonly model: string
  readonly maxTokens: number
  /** File that gets every call; what it says is not asked again. */
  readonly log: string
  readonly signal: AbortSignal
  /** Default 15 min. */
  readonly patienceMs?: number
  /** How long one call may take. Default 10 min. */
  readonly deadlineMs?: number
}

/**
 * Asks the grading model. A question whose last call is on record is answered from there, so a killed evaluation pays for
 * no grade twice. Trouble of the endpoint's never counts against a sample: it is waited out, or ends the evaluation.
 */
export async function createJudge(options: JudgeOptions): Promise<Judge & Disposable> {
  const known = await readFinalReplies(options.log)
  const writer = openJsonlWriter(options.log, { sync: false })
  const semaphore = createSemaphore(callsAtOnce)
  /** Ends everything under way: when the judge is closed, and when it will answer nobody. */
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  setMaxListeners(Infinity, signal) // one for each call that waits
  let hasAnswered = known.size > 0

  async function send(body: unknown): Promise<Reply> {
    using deadline = startDeadline(options.deadlineMs ?? defaultDeadlineMs)
    const within = AbortSignal.any([signal, deadline.signal])
    try {
      const limits = { signal: within, maxBytes: maxReplyBytes }
      return readReply(await options.client.send('POST', '/v1/chat/completions', body, limits))
    } catch (error) {
      signal.throwIfAborted()
      return noReply(0, describe(deadline.signal.aborted ? deadline.signal.reason : error))
    }
  }

  async function ask(request: JudgeRequest): Promise<string | null> {
    const before = known.get(nameOf(request))
    if (before !== undefined) return before
    let reasoningEffort = request.reasoningEffort
    let attempt = 1
    let patience = options.patienceMs ?? defaultPatienceMs
    for (let waitMs = request.waitsMs[0] ?? 1000; ;) {
      signal.throwIfAborted()
      const started = Date.now()
      const { isCompletion, retryAfterMs, ...reply } = await send({
        model: options.model,
        messages: request.messages,
        max_completion_tokens: Math.min(request.maxTokens, options.maxTokens),
        ...(reasoningEffort === undefined ? {} : { reasoning_effort: reasoningEffort }),
      })
      signal.throwIfAborted()
      const made: Call = {
        key: request.key,
        attempt,
        at: new Date(started).toISOString(),
        latencyMs: Date.now() - started,
        messages: [...request.messages],
        ...reply,
      }
      const usable = made.reply !== null && (request.isUsable?.(made.reply) ?? true)
      // A model that knows no such setting is asked without it, as the published system does.
      const dropsEffort =
        made.status === 400 && reasoningEffort !== undefined && (made.error ?? '').includes('reasoning')
      const isTrouble = isPassing(made.status) || (made.status === 200 && !isCompletion)
      const hopeless = findHopeless(made, { model: options.model, isStranger: !isCompletion && !hasAnswered })
      const final = usable || (attempt >= request.attempts && !isTrouble && !dropsEffort && hopeless === null)
      hasAnswered ||= isCompletion
      writer.append({ ...made, usable, final } satisfies JudgeCall)
      if (hopeless !== null) {
        stop.abort(hopeless)
        throw hopeless
      }
      if (final) return usable ? made.reply : null
      if (dropsEffort) reasoningEffort = undefined
      else if (isTrouble) {
        if (patience <= 0) throw unreachable(made)
        const pauseMs = Math.min(longestWaitMs, Math.max(waitMs, retryAfterMs ?? 0))
        await sleep(pauseMs, undefined, { signal })
        patience -= pauseMs + made.latencyMs
        waitMs = 2 * waitMs
      } else attempt++
    }
  }

  return {
    ask: (request) => semaphore.run(() => ask(request)),
    [Symbol.dispose]() {
      stop.abort(new Error('the judge was closed'))
      writer[Symbol.dispose]()
    },
  }
}

/** The endpoint is busy or broken: waited for, and never counted. */
function isPassing(status: number): boolean {
  return [0, 408, 429].includes(status) || status >= 500
}

/** What no further try and no other sample will change. */
function findHopeless(
  { status, error = '' }: Call,
  { model, isStranger }: { readonly model: string; readonly isStranger: boolean },
): BenchError | null {
  const remedy = "Check the judge's address, key and model. What is graded already stays so."
  if ([401, 403, 404].includes(status))
    return new BenchError(`the judge's endpoint refuses the model "${model}" with HTTP ${status}: ${error}`, {
      code: 'judge/refused',
      kind: 'environment',
      remedy,
    })
  if (status !== 200 || !isStranger) return null
  return new BenchError(`what answers at the judge's address gives no chat completions: ${error}`, {
    code: 'judge/no_chat_completions',
    kind: 'environment',
    remedy,
  })
}

function unreachable({ status, error = '' }: Call): BenchError {
  return new BenchError(`the judge does not answer: ${status === 0 ? '' : `HTTP ${status}: `}${error}`, {
    code: 'judge/unreachable',
    kind: 'environment',
    remedy: 'Resume when it does. What is graded already stays so.',
  })
}

const replySchema = z.object({
  model: z.string().optional(),
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).partial().optional(),
})

function readReply({ status, body, text, retryAfterMs }: JsonResponse): Reply {
  const said = text.slice(0, 2000)
  if (status !== 200) return { ...noReply(status, said), retryAfterMs }
  const { data } = replySchema.safeParse(body)
  if (data === undefined) return noReply(status, said)
  const content = data.choices[0]?.message.content ?? null
  return {
    status,
    reply: content,
    model: data.model ?? null,
    promptTokens: data.usage?.prompt_tokens ?? 0,
    completionTokens: data.usage?.completion_tokens ?? 0,
    ...(content === null ? { error: `no text in: ${said}` } : {}),
    isCompletion: true,
    retryAfterMs,
  }
}

function noReply(status: number, error: string): Reply {
  return {
    status,
    reply: null,
    model: null,
    promptTokens: 0,
    completionTokens: 0,
    error,
    isCompletion: false,
    retryAfterMs: null,
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { BenchError } from '../../domain/error.ts'
import type { Judge, JudgeRequest } from '../../domain/scoring.ts'
import { hashJson } from '../../lib/hash.ts'
import type { JsonClient, JsonResponse } from '../../lib/http-json.ts'
import { openJsonlWriter, readJsonl } from '../../lib/jsonl.ts'
import { createSemaphore } from '../../lib/semaphore.ts'

/** As the published evaluations ask. */
const callsAtOnce = 64
const longestWaitMs = 60_000
/** How long one request may go without any answer of the endpoint before the evaluation ends, to be gone on with later. */
const defaultPatienceMs = 900_000

/** One line of `judge.jsonl`: a call and what came of it. */
const judgeCallSchema = z.object({
  key: z.string(),
  /** From 1, within its request. */
  attempt: z.number().int().positive(),
  at: z.string(),
  latencyMs: z.number(),
  /** HTTP; 0 where there was no answer. */
  status: z.number(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
  reply: z.string().nullable(),
  /** The model that the endpoint says it used. */
  model: z.string().nullable(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  error: z.string().optional(),
  /** Whether the reply is what was asked for. */
  usable: z.boolean(),
  /** No further try follows: what it says, or that it says nothing, holds. */
  final: z.boolean(),
})
type JudgeCall = z.infer<typeof judgeCallSchema>
type Call = Omit<JudgeCall, 'usable' | 'final'>
type Reply = Omit<Call, 'key' | 'attempt' | 'at' | 'latencyMs' | 'messages'>

export interface JudgeOptions {
  readonly client: JsonClient
  readonly model: string
  readonly maxTokens: number
  /** File that gets every call; what it says is not asked again. */
  readonly log: string
  readonly signal: AbortSignal
  readonly patienceMs?: number
}

/**
 * Asks the grading model. A question whose last call is on record is answered from there, so a killed evaluation pays for
 * no grade twice. Trouble of the endpoint's never counts against a sample: it is waited out, or ends the evaluation.
 */
export async function createJudge(options: JudgeOptions): Promise<Judge & Disposable> {
  const known = await readFinalReplies(options.log)
  const writer = openJsonlWriter(options.log, { sync: false })
  const semaphore = createSemaphore(callsAtOnce)

  async function call(request: JudgeRequest, attempt: number, body: unknown): Promise<Call> {
    const started = Date.now()
    const reply = await options.client
      .send('POST', '/v1/chat/completions', body, { signal: options.signal })
      .then(readReply, (error: unknown) => {
        options.signal.throwIfAborted()
        return noReply(0, error instanceof Error ? error.message : String(error))
      })
    return {
      key: request.key,
      attempt,
      at: new Date(started).toISOString(),
      latencyMs: Date.now() - started,
      messages: [...request.messages],
      ...reply,
    }
  }

  async function ask(request: JudgeRequest): Promise<string | null> {
    const before = known.get(nameOf(request))
    if (before !== undefined) return before
    let reasoningEffort = request.reasoningEffort
    let attempt = 1
    let patience = options.patienceMs ?? defaultPatienceMs
    for (let waitMs = request.waitsMs[0] ?? 1000; ;) {
      const made = await call(request, attempt, {
        model: options.model,
        messages: request.messages,
        max_completion_tokens: Math.min(request.maxTokens, options.maxTokens),
        ...(reasoningEffort === undefined ? {} : { reasoning_effort: reasoningEffort }),
      })
      refuseHopeless(made, options.model)
      const usable = made.reply !== null && (request.isUsable?.(made.reply) ?? true)
      // A model that knows no such setting is asked without it, as the published system does.
      const dropsEffort =
        made.status === 400 && reasoningEffort !== undefined && (made.error ?? '').includes('reasoning')
      const isTrouble = [0, 408, 429].includes(made.status) || made.status >= 500
      const final = usable || (attempt >= request.attempts && !isTrouble && !dropsEffort)
      writer.append({ ...made, usable, final } satisfies JudgeCall)
      if (final) return usable ? made.reply : null
      if (dropsEffort) reasoningEffort = undefined
      else if (isTrouble) {
        if (patience <= 0) throw unreachable(made)
        await sleep(waitMs, undefined, { signal: options.signal })
        patience -= waitMs + made.latencyMs
        waitMs = Math.min(longestWaitMs, 2 * waitMs)
      } else attempt++
    }
  }

  return {
    ask: (request) => semaphore.run(() => ask(request)),
    [Symbol.dispose]: () => writer[Symbol.dispose](),
  }
}

export interface JudgeUse {
  readonly answeredBy: string[]
  readonly calls: number
  /** Questions without a usable reply after all tries. */
  readonly unusable: number
  readonly promptTokens: number
  readonly completionTokens: number
}

/** What grading took in all, also by workers before this one. */
export async function readJudgeUse(log: string): Promise<JudgeUse> {
  const calls = await readCalls(log)
  const sum = (count: (call: JudgeCall) => number): number =>
    calls.reduce((total, call) => total + count(call), 0)
  return {
    answeredBy: [...new Set(calls.flatMap(({ model }) => model ?? []))].sort(),
    calls: calls.length,
    unusable: calls.filter(({ final, usable }) => final && !usable).length,
    promptTokens: sum(({ promptTokens }) => promptTokens),
    completionTokens: sum(({ completionTokens }) => completionTokens),
  }
}

/** Answers from the record alone: what was never asked has no reply. */
export async function createRecordedJudge(log: string): Promise<Judge> {
  const known = await readFinalReplies(log)
  return { ask: (request) => Promise.resolve(known.get(nameOf(request)) ?? null) }
}

async function readFinalReplies(log: string): Promise<ReadonlyMap<string, string | null>> {
  const final = (await readCalls(log)).filter((call) => call.final)
  return new Map(final.map((call) => [nameOf(call), call.usable ? call.reply : null]))
}

async function readCalls(log: string): Promise<JudgeCall[]> {
  const { lines } = await readJsonl(log)
  return lines.map(({ value }) => judgeCallSchema.parse(value))
}

/** A key may come again with another answer to grade: after an abort, or from a model that answers anew. */
function nameOf({ key, messages }: { readonly key: string; readonly messages: readonly unknown[] }): string {
  return `${key} ${hashJson(messages)}`
}

/** What no further try and no other sample will change. */
function refuseHopeless({ status, error = '' }: Call, model: string): void {
  if (![401, 403, 404].includes(status)) return
  throw new BenchError(`the judge's endpoint refuses the model "${model}" with HTTP ${status}: ${error}`, {
    code: 'judge/refused',
    kind: 'environment',
    remedy: "Check the judge's address, key and model. What is graded already stays so.",
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

function readReply({ status, body, text }: JsonResponse): Reply {
  if (status !== 200) return noReply(status, text.slice(0, 2000))
  const { data } = replySchema.safeParse(body)
  const content = data?.choices[0]?.message.content ?? null
  if (data === undefined || content === null) return noReply(status, `no text in: ${text.slice(0, 2000)}`)
  return {
    status,
    reply: content,
    model: data.model ?? null,
    promptTokens: data.usage?.prompt_tokens ?? 0,
    completionTokens: data.usage?.completion_tokens ?? 0,
  }
}

function noReply(status: number, error: string): Reply {
  return { status, reply: null, model: null, promptTokens: 0, completionTokens: 0, error }
}

import * as z from 'zod'
import { BenchError } from '../../domain/error.ts'
import type { Judge, JudgeRequest } from '../../domain/scoring.ts'
import { hashJson } from '../../lib/hash.ts'
import { readJsonl } from '../../lib/jsonl.ts'

/** One line of `judge.jsonl`: a call and what came of it. */
export const judgeCallSchema = z.object({
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
export type JudgeCall = z.infer<typeof judgeCallSchema>

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

/** Answers from the record alone. What is not on it cannot be scored: it would count as if the judge had said nothing. */
export async function createRecordedJudge(log: string): Promise<Judge> {
  const known = await readFinalReplies(log)
  return {
    ask(request) {
      const reply = known.get(nameOf(request))
      return reply === undefined ? Promise.reject(notOnRecord(request, log)) : Promise.resolve(reply)
    },
  }
}

function notOnRecord({ key }: JudgeRequest, log: string): BenchError {
  return new BenchError(`${log} holds no reply of the judge's about ${key}`, {
    code: 'judge/not_on_record',
    kind: 'environment',
    remedy: 'Restore the file, or evaluate again.',
  })
}

/** By `nameOf`: what needs not be asked again, null where all tries gave nothing usable. */
export async function readFinalReplies(log: string): Promise<ReadonlyMap<string, string | null>> {
  const final = (await readCalls(log)).filter((call) => call.final)
  return new Map(final.map((call) => [nameOf(call), call.usable ? call.reply : null]))
}

async function readCalls(log: string): Promise<JudgeCall[]> {
  const { lines } = await readJsonl(log)
  return lines.map(({ value }) => judgeCallSchema.parse(value))
}

/** A key may come again with another answer to grade: after an abort, or from a model that answers anew. */
export function nameOf({
  key,
  messages,
}: {
  readonly key: string
  readonly messages: readonly unknown[]
}): string {
  return `${key} ${hashJson(messages)}`
}

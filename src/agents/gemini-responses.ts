import type { TrajectoryBuilder } from '../domain/trajectory-builder.ts'
import type { OpenStep } from '../domain/trajectory-thread.ts'
import { metricsOf } from '../domain/trajectory-usage.ts'
import { countOf, listOf, nameOf, recordOf, textOf, without, type JsonRecord } from '../lib/loose-json.ts'

export interface GeminiResponses {
  /** `event` is the line, `response` the API's answer in it. */
  event(event: JsonRecord, response: JsonRecord, at: string | null): void
}

/** Reasons for which the API gives no answer. */
const blocked = new Set(['SAFETY', 'PROHIBITED_CONTENT', 'BLOCKLIST', 'RECITATION', 'SPII'])

/** Answers of `generateContent`, whole or in pieces: candidates with parts, which are text, thoughts, calls or results. */
export function createGeminiResponses(builder: TrajectoryBuilder): GeminiResponses {
  let calls = 0
  const waiting: string[] = []

  function readPart(step: OpenStep, part: JsonRecord, at: string | null): void {
    const call = recordOf(part['functionCall'])
    const result = recordOf(part['functionResponse'])
    const text = textOf(part['text'])
    if (call !== null) {
      calls += 1
      const id = nameOf(call['id']) ?? `call_${calls}`
      waiting.push(id)
      const extra = { ...without(call, 'id', 'name', 'args'), ...without(part, 'functionCall') }
      step.call({ id, name: nameOf(call['name']) ?? 'unnamed', arguments: call['args'], at, extra })
    } else if (result !== null) {
      const id = nameOf(result['id']) ?? waiting[0] ?? 'unnamed'
      const place = waiting.indexOf(id)
      if (place !== -1) waiting.splice(place, 1)
      const response = recordOf(result['response'])
      const output = textOf(response?.['output']) ?? textOf(response?.['error']) ?? JSON.stringify(response)
      builder.main.result({
        call: id,
        content: output,
        at,
        failed: response?.['error'] !== undefined,
        extra: { ...without(part, 'functionResponse'), functionResponse: result },
      })
    } else if (text !== null) {
      step.delta(part['thought'] === true ? 'reasoning' : 'message', text)
      step.extra(without(part, 'text', 'thought'))
    } else step.extra({ parts: [part] })
  }

  return {
    event(event, response, at) {
      const model = nameOf(response['modelVersion'])
      builder.session({ id: nameOf(response['responseId']), model })
      const finishes: string[] = []
      for (const candidate of listOf(response['candidates']).map(recordOf)) {
        const parts = partsOf(candidate)
        const hasCall = parts.some((part) => 'functionCall' in part)
        const isResult = parts.some((part) => 'functionResponse' in part)
        const step = isResult ? null : builder.main.turn(hasCall ? 'call' : 'delta', at)
        for (const part of parts) readPart(step ?? builder.main.turn('call', at), part, at)
        finishes.push(...[candidate?.['finishReason']].flatMap((reason) => nameOf(reason) ?? []))
        const tokens = tokensOf(recordOf(response['usageMetadata']))
        if (tokens !== null && step !== null) step.metrics(metricsOf(tokens))
      }
      const block = nameOf(recordOf(response['promptFeedback'])?.['blockReason'])
      const rest = without(event, 'candidates', 'timestamp')
      builder.main.note({
        kind: 'response',
        at,
        event:
          'candidates' in event
            ? {
                ...rest,
                candidates: listOf(event['candidates']).map((one) => without(recordOf(one) ?? {}, 'content')),
              }
            : event,
      })
      const reason = block ?? finishes.at(-1)
      if (reason !== undefined) conclude(reason)
    },
  }

  function conclude(reason: string): void {
    if (blocked.has(reason))
      builder.settle({ ok: false, message: `blocked: ${reason}`, codes: [reason], cause: 'policy' })
    else if (reason === 'STOP' && waiting.length === 0) builder.settle({ ok: true })
  }
}

function tokensOf(usage: JsonRecord | null): Parameters<typeof metricsOf>[0] | null {
  const prompt = countOf(usage?.['promptTokenCount'])
  if (usage === null || prompt === null) return null
  return {
    prompt,
    cached: countOf(usage['cachedContentTokenCount']),
    completion: countOf(usage['candidatesTokenCount']),
    reasoning: countOf(usage['thoughtsTokenCount']),
  }
}

function partsOf(candidate: JsonRecord | null): readonly JsonRecord[] {
  return listOf(recordOf(candidate?.['content'])?.['parts'])
    .map(recordOf)
    .filter((part) => part !== null)
}

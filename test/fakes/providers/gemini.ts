import { frame, json, recordsIn, type FakeApi, type FakeRequest, type Reply } from './reply.ts'
import { callsOf, pieces, usageOf, type Turn } from './scenario.ts'

const states: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
}

/** The Gemini API for developers. */
export const geminiApi: FakeApi = {
  keyHeader: 'x-goog-api-key',
  version: '/v1beta',
  tools: toolsOf,
  answer({ path, body }, turn) {
    const [, model, method] = /^\/v1beta\/models\/([^:/]+):(\w+)$/u.exec(path) ?? []
    if (method === 'countTokens') return json({ totalTokens: Math.ceil(JSON.stringify(body).length / 4) })
    if (method !== 'generateContent' && method !== 'streamGenerateContent')
      return json(this.error(404, { status: 404, message: `no route ${path}` }), 404)
    return generate(body, { model: model ?? '', isStream: method === 'streamGenerateContent' }, turn())
  },
  error: (status, { type, message }) => ({
    error: { code: status, message: message ?? 'fake error', status: type ?? states[status] ?? 'UNKNOWN' },
  }),
}

function toolsOf(body: FakeRequest['body']): string[] {
  return recordsIn(body['tools']).flatMap((tool) =>
    recordsIn(tool['functionDeclarations']).map(({ name }) => String(name)),
  )
}

function generate(
  body: FakeRequest['body'],
  { model, isStream }: { readonly model: string; readonly isStream: boolean },
  turn: Turn,
): Reply {
  const { input, cached, output, reasoning } = usageOf(turn)
  const usageMetadata = {
    promptTokenCount: input,
    cachedContentTokenCount: cached,
    candidatesTokenCount: output - reasoning,
    thoughtsTokenCount: reasoning,
    totalTokenCount: input + output,
  }
  const parts = [
    ...pieces(turn.reasoning ?? '').map((text) => ({ text, thought: true })),
    ...pieces(turn.text ?? '').map((text) => ({ text })),
    ...callsOf(turn, toolsOf(body)).map(({ id, name, args }) => ({ functionCall: { id, name, args } })),
  ]
  const finishReason = turn.stop === 'max_tokens' ? 'MAX_TOKENS' : 'STOP'
  const common = { modelVersion: model, responseId: 'fake' }
  const candidate = (some: readonly unknown[], end: object = {}): unknown => ({
    content: { role: 'model', parts: some },
    index: 0,
    ...end,
  })
  if (!isStream) return json({ candidates: [candidate(parts, { finishReason })], usageMetadata, ...common })
  // as the real one does, each chunk tells what is known by then
  const soFar = { ...usageMetadata, candidatesTokenCount: 1 }
  return {
    kind: 'stream',
    frames: [
      ...parts.map((part) => frame({ candidates: [candidate([part])], usageMetadata: soFar, ...common })),
      turn.streamError === undefined
        ? frame({ candidates: [candidate([{ text: '' }], { finishReason })], usageMetadata, ...common })
        : frame({ error: turn.streamError }),
    ],
  }
}

import type { ApiId, TokenCounts, WireId } from '../../domain/gateway.ts'
import { countOf, type JsonRecord } from '../../lib/loose-json.ts'

/** What the gateway has to know of a request before it is sent. */
export interface ModelRequest {
  readonly model: string | null
  readonly streamed: boolean
  /** The most output tokens, reasoning included, that the request allows for one answer; null where it states none. */
  readonly outputLimit: number | null
  /** Answers that it asks for; each may be as long. */
  readonly answers: number
  /** The prompt can have more tokens than the body has bytes: stored conversations, files, media, provider's tools. */
  readonly hasHiddenInput: boolean
  /** Why it cannot be metered: it costs what is not told, or after its answer. */
  readonly unmetered: string | null
}

export interface Usage {
  /** The newest that was told. */
  readonly tokens: TokenCounts | null
  /** It is the provider's last word on the request. */
  readonly final: boolean
}

/** One provider protocol, as far as it is metered. Pure: bodies and events of any shape, nothing is thrown. */
export interface Wire {
  readonly id: WireId
  readonly api: ApiId
  readRequest(body: JsonRecord): ModelRequest
  /** The body as it is sent on. */
  prepare(body: JsonRecord): JsonRecord
  /** `answer`: an event of a stream, or a whole answer. */
  readUsage(answer: JsonRecord, before: Usage): Usage
}

export const noUsage: Usage = { tokens: null, final: false }

/** More tokens of one kind than any model takes or gives: whoever tells that tells nonsense. */
const absurd = 20_000_000

/** Null for what is no number of tokens. */
export function tokensIn(value: unknown): number | null {
  const count = countOf(value)
  return count === null || count > absurd ? null : count
}

/** The largest of the limits that are stated; null when there is none, or one that only the provider understands. */
export function outputLimitOf(values: readonly unknown[]): number | null {
  const stated = values.filter((value) => value !== undefined && value !== null)
  const limits = stated.map((value) => countOf(value))
  return limits.length === 0 || limits.includes(null) ? null : Math.max(...limits.map(Number))
}

/** At least one; what is no number of answers counts as one, for the provider refuses it. */
export function answersIn(values: readonly unknown[]): number {
  return Math.max(1, ...values.map((value) => Math.min(countOf(value) ?? 1, 1024)))
}

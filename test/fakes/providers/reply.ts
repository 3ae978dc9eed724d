import type { Turn } from './scenario.ts'

/** What a provider answers, before it is cut into chunks. */
export type Reply =
  | {
      readonly kind: 'json'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body: unknown
    }
  | { readonly kind: 'stream'; readonly frames: readonly string[] }

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
}

/** One provider's API: which tools a request offers, and what a turn looks like on its wire. */
export interface FakeApi {
  readonly keyHeader: string
  /** What the base URL ends with. */
  readonly version: string
  tools(body: FakeRequest['body']): string[]
  answer(request: FakeRequest, turn: () => Turn): Reply
  error(status: number, turn: NonNullable<Turn['error']>): unknown
}

export function frame(data: unknown, event?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`
}

export function json(body: unknown, status = 200): Reply {
  return { kind: 'json', status, body }
}

/** Whatever it is, a list of records. */
export function recordsIn(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : []
}

import type { IncomingHttpHeaders } from 'node:http'
import type { GatewayConfig, GatewayEvent } from '../domain/gateway.ts'
import { nameOf, recordOf } from '../lib/loose-json.ts'

/** An answer that is none yet. */
export interface Trouble {
  /** Null when there was no answer at all. */
  readonly status: number | null
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type FailureReason = Extract<GatewayEvent, { event: 'provider_failed' }>['reason']

/**
 * Waits for a provider in the agents' place: Codex CLI ends at the first 429 and the others within minutes, and the time
 * would be lost to the agent either way.
 */
export interface Patience {
  /** How long to wait before the next try; null: there is none. `waitedMs`: of this request, until now. */
  plan(trouble: Trouble, tries: number, waitedMs: number): number | null
  /** Ends early when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>
  /** In which at least one request waited. */
  waitedMs(): number
  failed(): boolean
}

export function createPatience(options: {
  readonly limits: GatewayConfig['patience']
  readonly onFailed: (failure: {
    readonly reason: FailureReason
    readonly waitedMs: number
    readonly status: number | null
  }) => void
  readonly random?: () => number
}): Patience {
  const { limits, onFailed, random = Math.random } = options
  let waiting = 0
  let since = 0
  let before = 0
  let hasFailed = false

  const waitedMs = (): number => before + (waiting > 0 ? performance.now() - since : 0)
  const fail = (reason: FailureReason, status: number | null): void => {
    if (hasFailed) return
    hasFailed = true
    onFailed({ reason, waitedMs: Math.round(waitedMs()), status })
  }

  return {
    plan({ status, headers, body }, tries, requestWaitedMs) {
      const reason = lastingFailure(status, body)
      if (reason !== null) fail(reason, status)
      if (hasFailed || !mayPass(status, tries)) return null
      if (waitedMs() > limits.attemptMs) {
        fail('provider_unavailable', status)
        return null
      }
      const backoff = Math.min(limits.firstMs * 2 ** (tries - 1), maxPauseMs) * (0.5 + random() / 2)
      const pause = Math.max(askedFor(headers, body) ?? 0, backoff)
      return requestWaitedMs + pause > limits.requestMs ? null : pause
    },
    async wait(ms, signal) {
      if (waiting++ === 0) since = performance.now()
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, ms)
        signal.addEventListener('abort', done)
        if (signal.aborted) done()
      })
      if (--waiting === 0) before += performance.now() - since
    },
    waitedMs,
    failed: () => hasFailed,
  }
}

const maxPauseMs = 30_000

/** An error within the provider may be the request's own: it is not tried for minutes. */
const triesAfterError = 4

function mayPass(status: number | null, tries: number): boolean {
  if (status === null || status === 429 || status === 503 || status === 529) return true
  return (status === 408 || status >= 500) && tries <= triesAfterError
}

/** No waiting helps against these. */
function lastingFailure(status: number | null, body: string): FailureReason | null {
  if (status === 401) return 'provider_auth'
  if (status === 402) return 'provider_quota'
  if (status !== 429 && status !== 400 && status !== 403) return null
  const error = recordOf(recordOf(parse(body))?.['error'])
  const names = [error?.['code'], error?.['type']]
  if (names.some((name) => typeof name === 'string' && quotaCodes.has(name))) return 'provider_quota'
  return /credit balance is too low/iu.test(nameOf(error?.['message']) ?? '') ? 'provider_quota' : null
}

const quotaCodes = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_error'])

/** `retry-after` (RFC 9110, 10.2.3: seconds or a date), OpenAI's `retry-after-ms`, Google's RetryInfo in the body. */
function askedFor(headers: IncomingHttpHeaders, body: string): number | null {
  const exact = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (exact >= 0) return exact
  const header = headers['retry-after']
  if (header !== undefined) {
    const ms = /^\d{1,9}$/u.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
    if (ms >= 0) return ms
  }
  const seconds = /"retryDelay"\s*:\s*"(\d{1,9}(?:\.\d{1,9})?)s"/u.exec(body)?.[1]
  return seconds === undefined ? null : Number(seconds) * 1000
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export interface RetryOptions {
  /** Tries after the first. */
  readonly retries: number
  readonly firstMs: number
  readonly maxMs: number
  readonly random?: () => number
}

/** How long to wait before each try: 0 before the first, then exponential back-off with full jitter. */
export function* createRetryDelays(options: RetryOptions): Generator<number> {
  const random = options.random ?? Math.random
  yield 0
  for (let retry = 0; retry < options.retries; retry++) {
    const ceiling = Math.min(options.maxMs, options.firstMs * 2 ** retry)
    yield Math.max(1, Math.round(random() * ceiling))
  }
}

/** How a piece of work went, as far as the next ones depend on it. */
export interface WorkReport {
  /** The server had no room for it, or took too long. */
  readonly overloaded: () => void
  /** The server made so many tokens. */
  readonly answered: (tokens: number) => void
}

export interface AdaptiveConcurrency {
  /** Starts the work as soon as there is room. */
  run<T>(work: (report: WorkReport) => Promise<T>): Promise<T>
  /** What waits for room fails with the reason, and so does whatever comes. */
  close(reason: unknown): void
  /** How many may be under way now. */
  readonly limit: number
}

export interface AdaptiveConcurrencyOptions {
  readonly highest: number
  /** Default 32. */
  readonly first?: number
  /** The clock, for tests. */
  readonly nowMs?: () => number
}

/** Answers that are taken together, so that a long one among short ones decides nothing. */
const smallestRound = 16
/** Rounds differ by what was asked; less than this share of the best throughput is no chance any more. */
const collapse = 0.6
/** With less of the limit under way it says nothing about the limit. */
const full = 0.75

/**
 * As many requests at a time as a server takes, found out by asking it. Like TCP's congestion control (RFC 5681): one more for
 * every answer until there is a first sign of trouble, from then on one more for every round of answers; half as many after
 * an overload or a deadline, and three quarters when more requests made fewer tokens.
 */
export function createAdaptiveConcurrency(options: AdaptiveConcurrencyOptions): AdaptiveConcurrency {
  const { nowMs = () => performance.now() } = options
  const highest = Math.max(1, options.highest)
  const waiting: { start: () => void; fail: (reason: unknown) => void }[] = []
  let closed: { readonly reason: unknown } | null = null
  let limit = Math.min(highest, Math.max(1, options.first ?? 32))
  let underWay = 0
  let hadTrouble = false
  let round = newRound()
  let best = { tokensPerMs: 0, limit: 0 }
  let slowRounds = 0

  function newRound(): { wanted: number; answers: number; tokens: number; startedMs: number } {
    return { wanted: Math.max(smallestRound, limit), answers: 0, tokens: 0, startedMs: nowMs() }
  }

  function shrink(share: number): void {
    // Those that were under way before it shrank say the same once more.
    if (underWay > limit) return
    hadTrouble = true
    limit = Math.max(1, Math.floor(underWay * share))
    round = newRound()
  }

  function noteAnswer(tokens: number): void {
    const isFull = underWay >= full * limit
    round.answers++
    round.tokens += Math.max(1, tokens)
    if (isFull && !hadTrouble) grow()
    if (round.answers < round.wanted) return
    const tokensPerMs = round.tokens / Math.max(1, nowMs() - round.startedMs)
    round = newRound()
    if (!isFull) return
    if (limit < best.limit || tokensPerMs >= collapse * best.tokensPerMs) {
      slowRounds = 0
      if (tokensPerMs > best.tokensPerMs) best = { tokensPerMs, limit }
      if (hadTrouble) grow()
    } else if (++slowRounds === 2) {
      // One may be this machine's doing. And what was best may never come again.
      slowRounds = 0
      best = { ...best, tokensPerMs: 0.9 * best.tokensPerMs }
      shrink(0.75)
    }
  }

  function grow(): void {
    limit = Math.min(highest, limit + 1)
  }

  function startWaiting(): void {
    while (underWay < limit) {
      const next = waiting.shift()
      if (next === undefined) return
      underWay++
      next.start()
    }
  }

  return {
    async run(work) {
      if (closed !== null) throw closed.reason
      if (underWay < limit) underWay++
      else await new Promise<void>((start, fail) => waiting.push({ start, fail }))
      try {
        return await work({ overloaded: () => shrink(0.5), answered: noteAnswer })
      } finally {
        underWay--
        startWaiting()
      }
    },
    close(reason) {
      closed ??= { reason }
      for (const { fail } of waiting.splice(0)) fail(reason)
    },
    get limit() {
      return limit
    },
  }
}

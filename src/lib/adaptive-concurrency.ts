/** How a piece of work went, as far as the next ones depend on it. */
export interface WorkReport {
  /** The server had no room for it, or took too long. */
  overloaded(): void
  /** The server did it: so many tokens in so much time. */
  answered(tokens: number, latencyMs: number): void
}

export interface AdaptiveConcurrency {
  /** Starts the work as soon as there is room. */
  run<T>(work: (report: WorkReport) => Promise<T>): Promise<T>
  /** What waits for room fails with the reason, and so does whatever comes. */
  close(reason: unknown): void
  /** How many may be under way now. */
  readonly limit: number
  /** The highest that it has been. */
  readonly peak: number
}

export interface AdaptiveConcurrencyOptions {
  readonly highest: number
  /** Default 32. */
  readonly first?: number
}

/** Answers that are taken together, so that a long one among short ones decides nothing. */
const smallestRound = 16
/** Rounds differ by what was asked; less than this share of the best throughput is no chance any more. */
const collapse = 0.6

/**
 * As many requests at a time as a server takes, found out by asking it. Like TCP's congestion control (RFC 5681): one more for
 * every answer until there is a first sign of trouble, from then on one more for every round of answers; half as many after
 * an overload or a deadline, and three quarters when more requests made fewer tokens.
 */
export function createAdaptiveConcurrency(options: AdaptiveConcurrencyOptions): AdaptiveConcurrency {
  const highest = Math.max(1, options.highest)
  const waiting: { start: () => void; fail: (reason: unknown) => void }[] = []
  let closed: { readonly reason: unknown } | null = null
  let limit = Math.min(highest, Math.max(1, options.first ?? 32))
  let peak = limit
  let underWay = 0
  let hadTrouble = false
  let round = newRound()
  let bestTokensPerMs = 0

  function newRound(): { wanted: number; answers: number; tokens: number; serverMs: number } {
    return { wanted: Math.max(smallestRound, limit), answers: 0, tokens: 0, serverMs: 0 }
  }

  function shrink(share: number): void {
    // Those that were under way before it shrank say the same once more.
    if (underWay > limit) return
    hadTrouble = true
    limit = Math.max(1, Math.floor(underWay * share))
    round = newRound()
  }

  function noteAnswer(tokens: number, latencyMs: number): void {
    const isFull = underWay >= limit
    round.answers++
    round.tokens += Math.max(1, tokens)
    // Each of those under way has its share of the server (Little's law).
    round.serverMs += Math.max(1, latencyMs) / underWay
    if (isFull && !hadTrouble) grow()
    if (round.answers < round.wanted) return
    const tokensPerMs = round.tokens / round.serverMs
    const collapsed = isFull && tokensPerMs < collapse * bestTokensPerMs
    bestTokensPerMs = collapsed ? tokensPerMs : Math.max(bestTokensPerMs, tokensPerMs)
    if (collapsed) shrink(0.75)
    else if (isFull && hadTrouble) grow()
    round = newRound()
  }

  function grow(): void {
    limit = Math.min(highest, limit + 1)
    peak = Math.max(peak, limit)
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
    get peak() {
      return peak
    },
  }
}

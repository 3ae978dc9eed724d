import type { SolveEnd } from '../../domain/attempt-event.ts'

/** All of them since the agent's start, on the machine's boot clock. */
export interface EndTimes {
  readonly budgetMs: number
  /** When the supervisor noticed. */
  readonly noticedMs: number
  /** When the agent's main process ended, as the guard saw it; null when it did not, or nobody saw. */
  readonly exitedMs: number | null
  /** When the guard ended the agent by itself, because the deadline had passed and the supervisor did nothing. */
  readonly guardEndedMs: number | null
}

/**
 * How the agent's time ended, and how much it had. A supervisor that was stopped meanwhile notices late, and an end by
 * the guard before the deadline that was the reason for it.
 */
export function settleEnd(
  noticed: SolveEnd,
  times: EndTimes,
): { readonly end: SolveEnd; readonly durationMs: number } {
  const { budgetMs, noticedMs, guardEndedMs } = times
  if ((noticed !== 'finished' && noticed !== 'deadline') || noticedMs < budgetMs)
    return { end: noticed, durationMs: noticedMs }
  const exitedMs = times.exitedMs ?? noticedMs
  if (exitedMs < budgetMs) return { end: 'finished', durationMs: exitedMs }
  // The guard may be in the agent's hands where both are the same user: it is believed within what is possible.
  const endedMs = Math.min(noticedMs, guardEndedMs ?? noticedMs)
  return { end: 'deadline', durationMs: Math.max(budgetMs, endedMs) }
}

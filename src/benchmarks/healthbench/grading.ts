import type { JudgeReply } from './judge-reply.ts'

export const maxAttempts = 5

/** After the first failed call, the second, and so on. */
export const failedCallWaitsMs: readonly number[] = [2000, 4000, 6000, 8000]

export type GradingAttempt = JudgeReply | { readonly kind: 'unreachable' }

export type GradingStep =
  /** `graded` is false where no attempt gave a verdict. */
  | { readonly kind: 'done'; readonly met: boolean; readonly graded: boolean }
  | { readonly kind: 'again'; readonly afterMs: number }

/**
 * The published schedule: what follows the attempt of this number, from 1. A reply without a verdict is asked for again at
 * once, a failed call after a wait. After the last attempt the criterion is not met, which helps where points are negative.
 */
export function planGrading(attempt: number, outcome: GradingAttempt): GradingStep {
  if (outcome.kind === 'verdict') return { kind: 'done', met: outcome.met, graded: true }
  if (attempt >= maxAttempts) return { kind: 'done', met: false, graded: false }
  return { kind: 'again', afterMs: outcome.kind === 'invalid' ? 0 : (failedCallWaitsMs[attempt - 1] ?? 0) }
}

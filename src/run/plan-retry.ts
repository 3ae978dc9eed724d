import type { AttemptState, RunState } from '../domain/journal.ts'
import type { Outcome } from '../domain/outcome.ts'

export interface RetryOptions {
  /** Further attempts after an infrastructure failure. */
  readonly retries: number
  /** The first wait; the later ones follow from it. Default 10 s. */
  readonly firstWaitMs?: number
  readonly now?: number
}

export type RetryPlan =
  /** Another attempt, not before `at` (milliseconds since 1970). */
  | { readonly kind: 'retry'; readonly at: number }
  /** `over`: there is nothing to mend; `exhausted`: tried often enough; `hopeless`: the operator has to act first. */
  | { readonly kind: 'end'; readonly why: 'over' | 'exhausted' | 'hopeless' }

const defaultFirstWaitMs = 10_000
/** Of the first wait: 10 s, 1 min, 5 min, and from there on doubling up to an hour. */
const waitFactors = [1, 6, 30, 60, 120, 240, 360] as const
const longestWait = 360

/**
 * What follows on an attempt that is over. It is derived from the journal alone, so that a worker that takes over waits for
 * what is left of the wait and no longer.
 */
export function planRetry(
  { number, ended, endedAt }: Pick<AttemptState, 'number' | 'ended' | 'endedAt'>,
  { retries, firstWaitMs = defaultFirstWaitMs, now = Date.now() }: RetryOptions,
): RetryPlan {
  const outcome = ended?.outcome ?? null
  if (outcome?.kind !== 'infra_failure') return { kind: 'end', why: 'over' }
  if (isHopeless(outcome)) return { kind: 'end', why: 'hopeless' }
  if (number > retries) return { kind: 'end', why: 'exhausted' }
  const waitMs = firstWaitMs * (waitFactors[number - 1] ?? longestWait)
  // a clock that was set back must not make the wait longer
  const start = Math.min(endedAt === null ? now : Date.parse(endedAt), now)
  return { kind: 'retry', at: start + waitMs }
}

/** When the next attempt begins, of a run that waits between two; null for any other. Without `retries` they count as enough. */
export function retryTime(
  { attempts, outcome }: RunState,
  options: { readonly retries?: number } = {},
): number | null {
  const attempt = attempts.at(-1)
  if (attempt === undefined || attempt.ended === null || outcome !== null) return null
  const plan = planRetry(attempt, { retries: Infinity, ...options })
  return plan.kind === 'retry' ? plan.at : null
}

/**
 * What the run was planned with is no longer there, or was never set up: it will not come back by waiting. Reasons are the
 * codes of `BenchError`s, with `_` for `/`.
 */
const hopeless =
  /^infra_failure\/(?:(?:agent|benchmark|catalog|config|lock|model|prompt|protocol)_\w+|\w+_unknown|journal_corrupt|judge_(?:no_endpoint|invalid_url)|python_(?:missing|not_set_up|broken)|sandbox_unavailable|verdict_unreadable)$/

function isHopeless({ kind, reason }: Outcome): boolean {
  return kind === 'infra_failure' && hopeless.test(reason)
}

/** The outcome as it is kept: one that is not tried again says so, and what to do. */
export function explainHopeless(outcome: Outcome | null): Outcome | null {
  if (outcome === null || !isHopeless(outcome)) return outcome
  const note = 'not tried again, since waiting does not mend it: mend it, then `ptb resume` the run'
  return { ...outcome, detail: `${outcome.detail}; ${note}` }
}

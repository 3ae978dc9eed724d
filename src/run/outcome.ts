import type { SolveRecord } from '../domain/attempt-event.ts'
import type { EvaluationMetrics } from '../domain/evaluation.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { SealRecord } from '../domain/seal.ts'
import type { Verdict } from '../domain/verdict.ts'

/** The evidence that decides what became of a run whose last attempt ran to its end. */
export interface OutcomeEvidence {
  readonly solve: SolveRecord
  readonly seal: SealRecord
  readonly metrics: EvaluationMetrics | null
  /** Why the engine did not take the sealed checkpoint. */
  readonly loadFailure: { readonly reason: string; readonly detail: string } | null
  readonly verdict: Verdict | null
}

export function deriveOutcome({ solve, seal, metrics, loadFailure, verdict }: OutcomeEvidence): Outcome {
  if (solve.end === 'cancelled')
    return { kind: 'cancelled', reason: 'cancelled/by_operator', detail: 'the operator cancelled the run' }
  if (seal.refused !== null)
    return {
      kind: 'no_model',
      reason: seal.refused.reason,
      detail: `${seal.refused.detail}${endedHow(solve)}`,
    }
  if (loadFailure !== null) return { kind: 'no_model', ...loadFailure }
  if (metrics === null)
    return {
      kind: 'infra_failure',
      reason: 'infra_failure/no_evaluation',
      detail: 'the evaluation is missing',
    }
  if (verdict === null)
    return { kind: 'unjudged', reason: 'unjudged/no_verdict', detail: 'no verdict has been given yet' }
  if (verdict.decision === 'unjudged')
    return { kind: 'unjudged', reason: verdict.reason, detail: verdict.justification }
  if (verdict.decision === 'flagged')
    return { kind: 'flagged', reason: verdict.reason, detail: verdict.justification }
  return {
    kind: 'scored',
    reason: solve.end === 'deadline' ? 'scored/at_deadline' : 'scored',
    detail: scoredHow(solve),
  }
}

function endedHow(solve: SolveRecord): string {
  switch (solve.end) {
    case 'deadline':
      return '; the agent ran until the deadline'
    case 'crashed':
      return `; the agent ended with ${solve.signal ?? `exit code ${solve.exitCode}`}`
    case 'finished':
    case 'cancelled':
      return ''
  }
}

function scoredHow(solve: SolveRecord): string {
  switch (solve.end) {
    case 'deadline':
      return 'stopped at the deadline; what had been handed in by then is scored'
    case 'crashed':
      return `the agent ended with ${solve.signal ?? `exit code ${solve.exitCode}`}; what it had handed in is scored`
    case 'finished':
    case 'cancelled':
      return 'the agent ended by itself'
  }
}

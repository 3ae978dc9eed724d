import type { SolveRecord } from '../domain/attempt-event.ts'
import { formatBytes } from '../domain/byte-size.ts'
import type { EvaluationMetrics } from '../domain/evaluation.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { LimitName } from '../domain/sandbox.ts'
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
      reason:
        seal.refused.reason === nothingSubmitted ? `no_model/${whyNothing(solve)}` : seal.refused.reason,
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
    reason: scoredReason(solve),
    detail: `${scoredHow(solve)}${droppedOutput(solve)}`,
  }
}

const nothingSubmitted = 'no_model/nothing_submitted'

/** What an agent ran into, as part of a reason. CPU and shared memory only make it slower or fail by itself. */
const limitReasons: readonly (readonly [LimitName, string])[] = [
  ['memoryGiB', 'out_of_memory'],
  ['diskGiB', 'disk_full'],
  ['pids', 'too_many_processes'],
]

function limitReason({ exceeded }: SolveRecord): string | undefined {
  return limitReasons.find(([limit]) => exceeded.includes(limit))?.[1]
}

/** An agent that ran into a limit and one that crashed would look the same as one that never tried. */
function whyNothing(solve: SolveRecord): string {
  return limitReason(solve) ?? (solve.end === 'crashed' ? 'agent_crashed' : 'nothing_submitted')
}

function scoredReason(solve: SolveRecord): string {
  switch (solve.end) {
    case 'deadline':
      return 'scored/at_deadline'
    case 'limit':
      return `scored/${limitReason(solve) ?? 'limit'}`
    case 'crashed':
      return `scored/${limitReason(solve) ?? 'after_crash'}`
    case 'finished':
    case 'cancelled':
      return 'scored'
  }
}

function endedHow(solve: SolveRecord): string {
  switch (solve.end) {
    case 'deadline':
      return '; the agent ran until the deadline'
    case 'crashed':
      return `; the agent ended with ${exitOf(solve)}${afterLimit(solve)}`
    case 'limit':
      return `; the agent was stopped${afterLimit(solve)}`
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
      return `the agent ended with ${exitOf(solve)}${afterLimit(solve)}; what it had handed in is scored`
    case 'limit':
      return `the agent was stopped${afterLimit(solve)}; what it had handed in is scored`
    case 'finished':
    case 'cancelled':
      return 'the agent ended by itself'
  }
}

function droppedOutput({ outputDropped }: SolveRecord): string {
  return outputDropped === 0 ? '' : `; ${formatBytes(outputDropped)} of its output exceeded what is kept`
}

function exitOf({ signal, exitCode }: SolveRecord): string {
  return signal ?? `exit code ${exitCode}`
}

const limitTexts: Readonly<Record<LimitName, string>> = {
  cpus: 'cores',
  memoryGiB: 'memory',
  pids: 'processes',
  diskGiB: 'disk space',
  shmGiB: 'shared memory',
}

function afterLimit({ exceeded }: SolveRecord): string {
  return exceeded.length === 0
    ? ''
    : ` after it had used up its ${exceeded.map((limit) => limitTexts[limit]).join(' and ')}`
}

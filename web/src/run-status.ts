import type { OutcomeKind } from '../../src/domain/outcome.ts'
import type { ReportRun } from '../../src/domain/report.ts'

/** What a reader filters by: the outcome, or that there is none yet. */
export type RunStatus = OutcomeKind | 'unfinished'

export const statuses: readonly RunStatus[] = [
  'scored',
  'flagged',
  'no_model',
  'infra_failure',
  'unjudged',
  'cancelled',
  'unfinished',
]

export function statusOf(run: ReportRun): RunStatus {
  return run.outcome?.kind ?? 'unfinished'
}

export function statusLabel(status: RunStatus): string {
  return status === 'unfinished' ? 'not finished' : status.replaceAll('_', ' ')
}

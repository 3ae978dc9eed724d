import type { Phase } from '../../domain/journal.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { inertLine } from '../../lib/inert-text.ts'
import type { Screen, WatchedRun } from './read-screen.ts'
import { noPhaseYet } from './summarise.ts'

/** A line of `ptb watch --json`. */
export interface Change {
  /** When it was noticed. */
  readonly at: string
  readonly experiment: string
  readonly run: string
  readonly status: WatchedRun['status']
  readonly phase: Phase | null
  readonly attempt: number
  readonly outcome: Outcome | null
}

/** Runs that are not what they were: all of them at first. */
export function listChanges(before: Screen | null, after: Screen): Change[] {
  const known = new Map(before?.runs.map((run) => [keyOf(run), run]))
  return after.runs
    .filter((run) => {
      const old = known.get(keyOf(run))
      return old === undefined || whatCounts(old) !== whatCounts(run)
    })
    .map(({ experiment, id, status, phase, attempt, outcome }) => ({
      at: new Date(after.at).toISOString(),
      experiment,
      run: id,
      status,
      phase: status === 'finished' ? null : phase,
      attempt,
      outcome,
    }))
}

function keyOf({ experiment, id }: WatchedRun): string {
  return JSON.stringify([experiment, id])
}

function whatCounts({ status, phase, attempt, outcome }: WatchedRun): string {
  return JSON.stringify([status, phase, attempt, outcome])
}

/** One line that means the same in a log file as on a terminal. */
export function renderChange(change: Change): string {
  const { at, experiment, run, outcome } = change
  return inertLine(`${at}  ${experiment}/${run}  ${outcome?.reason ?? describe(change)}`)
}

function describe({ status, phase, attempt }: Change): string {
  if (status !== 'running') return status
  return `${phase ?? noPhaseYet}${attempt > 1 ? `, attempt ${attempt}` : ''}`
}

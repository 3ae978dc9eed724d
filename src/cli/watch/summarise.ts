import { outcomeKinds, type OutcomeKind } from '../../domain/outcome.ts'
import { mean } from '../../lib/stats.ts'
import type { Screen, WatchedRun } from './read-screen.ts'

/** What a worker does before its first phase. */
export const noPhaseYet = 'waits for a slot'

export interface Summary {
  readonly experiments: readonly string[]
  readonly finished: number
  readonly running: number
  readonly waiting: number
  readonly orphaned: number
  readonly unreadable: number
  /** Outcomes that occur, in the order in which they are always listed. */
  readonly outcomes: readonly { readonly kind: OutcomeKind; readonly count: number }[]
  /** From the first attempt to now, or to the end of the last run; null before the first. */
  readonly elapsedMs: number | null
  /** Until the last run ends, by `estimateRest`. */
  readonly restMs: number | null
  /** Nothing is left to wait for. */
  readonly over: boolean
}

export function summarise({ at, runs, unreadable }: Screen): Summary {
  const count = (status: WatchedRun['status']): number => runs.filter((run) => run.status === status).length
  const over = runs.length + unreadable.length > 0 && runs.every(({ status }) => status === 'finished')
  const starts = runs.flatMap(({ startedAt }) => startedAt ?? [])
  const end = over ? Math.max(...runs.map(({ finishedAt }) => finishedAt ?? 0)) : at
  return {
    experiments: [...new Set(runs.map(({ experiment }) => experiment))].sort(),
    finished: count('finished'),
    running: count('running'),
    waiting: count('waiting'),
    orphaned: count('orphaned'),
    unreadable: unreadable.length,
    outcomes: outcomeKinds
      .map((kind) => ({ kind, count: runs.filter(({ outcome }) => outcome?.kind === kind).length }))
      .filter(({ count }) => count > 0),
    elapsedMs: starts.length === 0 ? null : Math.max(0, end - Math.min(...starts)),
    restMs: estimateRest(runs, at),
    over,
  }
}

/**
 * How long the running and waiting runs will take if as many go on at a time as do now. A run is expected to take as long as the
 * finished ones of its agent did on average, else of all agents, else its budget; one that has taken longer already, the
 * rest of its budget. Runs that failed or were cancelled say nothing about the others. `null` while nothing runs.
 */
export function estimateRest(runs: readonly WatchedRun[], now: number): number | null {
  const atOnce = runs.filter(({ status, phase }) => status === 'running' && phase !== null).length
  if (atOnce === 0) return null
  const finished = runs.flatMap((run) => {
    const took = durationOf(run)
    return took === null ? [] : [{ agent: run.agent, took }]
  })
  const meanOf = (took: readonly { readonly took: number }[]): number | null =>
    took.length === 0 ? null : mean(took.map(({ took }) => took))
  const overall = meanOf(finished)
  const rests = runs
    .filter(({ status }) => status === 'running' || status === 'waiting')
    .map((run) => {
      const usual = meanOf(finished.filter(({ agent }) => agent === run.agent)) ?? overall ?? run.budgetMs
      const spent = run.startedAt === null ? 0 : now - run.startedAt
      const used = run.solvingSince === null ? spent : now - run.solvingSince
      return usual > spent ? usual - spent : Math.max(0, run.budgetMs - used)
    })
  const total = rests.reduce((sum, rest) => sum + rest, 0)
  // a run that is past its budget is being evaluated, and nothing says for how long
  return total === 0 ? null : Math.max(total / atOnce, ...rests)
}

function durationOf({ startedAt, finishedAt, outcome }: WatchedRun): number | null {
  if (startedAt === null || finishedAt === null) return null
  return outcome?.kind === 'infra_failure' || outcome?.kind === 'cancelled' ? null : finishedAt - startedAt
}

import { countsAs, type OutcomeKind } from '../domain/outcome.ts'
import type { Measurement } from './measurement.ts'
import type { RunData } from './store.ts'

/** A cell of a row: the measurements whose mean is its score, or why there are none. */
export interface PlannedCell {
  readonly benchmark: string
  readonly baseModel: string
  readonly runs: readonly string[]
  readonly counting: readonly Measurement[]
  /** How many of `counting` are the base model's in place of a run's own. */
  readonly asBase: number
  /** Why nothing counts; empty when something does. */
  readonly why: string
}

/** What one run contributes to its cell. */
export type Contribution =
  | { readonly counts: 'own' | 'base'; readonly measurement: Measurement }
  | { readonly counts: 'missing'; readonly why: string }

export function contributionOf(run: RunData, baseZeroShot: Measurement | null): Contribution {
  const { result } = run
  if (result === null) return { counts: 'missing', why: 'not finished' }
  const counts = countsAs(result.outcome.kind)
  switch (counts) {
    case 'own':
      if (result.ownScore === null)
        return { counts: 'missing', why: 'scored, but the score is not on record' }
      return {
        counts,
        measurement: {
          key: `run/${run.experiment}/${run.id}`,
          benchmark: run.spec.benchmark.id,
          score: result.ownScore,
          values: run.items,
        },
      }
    case 'base':
      if (baseZeroShot === null)
        return {
          counts: 'missing',
          why: `${labelOf(result.outcome.kind)}, but the base model's zero-shot score is not known`,
        }
      return { counts, measurement: baseZeroShot }
    case 'missing':
      return { counts, why: labelOf(result.outcome.kind) }
  }
}

export function planCell(
  cell: { readonly benchmark: string; readonly baseModel: string },
  runs: readonly RunData[],
  baseZeroShot: Measurement | null,
): PlannedCell {
  const own = runs.filter(
    ({ spec }) => spec.benchmark.id === cell.benchmark && spec.baseModel.id === cell.baseModel,
  )
  const contributions = own.map((run) => contributionOf(run, baseZeroShot))
  const counting = contributions.flatMap((one) => (one.counts === 'missing' ? [] : [one.measurement]))
  return {
    ...cell,
    runs: own.map(({ id }) => id),
    counting,
    asBase: contributions.filter(({ counts }) => counts === 'base').length,
    why: counting.length > 0 ? '' : countReasons(contributions),
  }
}

function countReasons(contributions: readonly Contribution[]): string {
  if (contributions.length === 0) return 'no run'
  const counts = new Map<string, number>()
  for (const one of contributions)
    if (one.counts === 'missing') counts.set(one.why, (counts.get(one.why) ?? 0) + 1)
  return [...counts].map(([why, count]) => (count === 1 ? why : `${count} times ${why}`)).join('; ')
}

function labelOf(kind: OutcomeKind): string {
  return kind.replaceAll('_', ' ')
}

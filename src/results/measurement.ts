import type { SetMetrics } from '../domain/evaluation.ts'
import type { BaselineSpec } from '../domain/run-spec.ts'
import type { BaselineData, ExperimentData, ItemValues } from './store.ts'

/** One model's score on one benchmark. */
export interface Measurement {
  /** Names its random numbers, so that they do not depend on what else is on the board. */
  readonly key: string
  readonly benchmark: string
  readonly score: SetMetrics
  readonly values: ItemValues | null
}

export type BaselineKind = BaselineSpec['kind']

export interface Baselines {
  find(kind: BaselineKind, baseModel: string, benchmark: string): Measurement | null
  readonly kinds: readonly BaselineKind[]
  /** Baselines that were measured more than once with different results. */
  readonly notes: readonly string[]
}

/** The baselines of all experiments. Of several measurements of the same model the first by id counts. */
export function collectBaselines(experiments: readonly ExperimentData[]): Baselines {
  const byCell = new Map<string, Measurement>()
  const differing = new Set<string>()
  const all = experiments.flatMap((experiment) => experiment.baselines).toSorted(byId)
  for (const { id, spec, metrics, items } of all) {
    if (metrics === null) continue
    const cell = cellKey(spec.kind, spec.baseModel.id, spec.benchmark.id)
    const known = byCell.get(cell)
    if (known === undefined)
      byCell.set(cell, {
        key: `baseline/${id}`,
        benchmark: spec.benchmark.id,
        score: metrics.test,
        values: items,
      })
    else if (known.score.accuracy !== metrics.test.accuracy)
      differing.add(`${baselineTitle(spec.kind)} of ${spec.baseModel.id} on ${spec.benchmark.id}`)
  }
  return {
    find: (kind, baseModel, benchmark) => byCell.get(cellKey(kind, baseModel, benchmark)) ?? null,
    kinds: baselineOrder.filter((kind) => all.some(({ spec }) => spec.kind === kind)),
    notes: [...differing].map(
      (what) => `${what} was measured several times with different results; the first counts.`,
    ),
  }
}

const baselineOrder: readonly BaselineKind[] = ['instruct', 'base_few_shot', 'base_zero_shot']

export function baselineTitle(kind: BaselineKind): string {
  switch (kind) {
    case 'instruct':
      return 'instruct sibling'
    case 'base_few_shot':
      return 'base, few-shot'
    case 'base_zero_shot':
      return 'base, zero-shot'
  }
}

function cellKey(kind: BaselineKind, baseModel: string, benchmark: string): string {
  return JSON.stringify([kind, baseModel, benchmark])
}

function byId(a: BaselineData, b: BaselineData): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

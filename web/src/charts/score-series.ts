import { formatDuration } from '../../../src/domain/duration.ts'
import type { SetMetrics } from '../../../src/domain/evaluation.ts'
import type { ReportData, ReportRun } from '../../../src/domain/report.ts'
import { statusLabel, statusOf } from '../run-status.ts'
import type { ChartTable } from './csv.ts'

/** A run's way to its score. */
export interface ScoreSeries {
  readonly run: ReportRun
  /** Of its row on the leaderboard: runs of one agent look the same. */
  readonly style: number
  readonly label: string
  readonly points: readonly ScorePoint[]
  readonly final: ScorePoint | null
  /** What counts in the place of its own score; `null` when its own does, or nothing. */
  readonly counted: number | null
  readonly counts: ReportRun['counts']
}

export interface ScorePoint {
  readonly elapsedMs: number
  readonly accuracy: number
  readonly stderr: number
  readonly items: number
}

export interface Reference {
  readonly label: string
  readonly value: number
}

export const z95 = 1.96

/** Runs that were started, each with the style of its agent. */
export function planScoreSeries(
  runs: readonly ReportRun[],
  rows: readonly { readonly id: string; readonly label: string }[],
): ScoreSeries[] {
  const repeats = new Set(runs.map(({ repeat }) => repeat)).size > 1
  return runs.flatMap((run): ScoreSeries[] => {
    const style = rows.findIndex(({ id }) => id === run.row)
    const agent = rows[style]?.label ?? run.agent
    const points = run.selfEvaluations
    if (run.solve === null || run.solve.startedAt === null) return []
    const final = run.ownScore === null ? null : { elapsedMs: run.solve.durationMs, ...pick(run.ownScore) }
    const counted = run.counts === 'base' ? run.countedScore : null
    if (points.length === 0 && final === null && counted === null) return []
    return [
      {
        run,
        style,
        label: repeats ? `${agent} ${run.repeat}` : agent,
        points,
        final,
        counted,
        counts: run.counts,
      },
    ]
  })
}

function pick({ accuracy, stderr, items }: SetMetrics): Omit<ScorePoint, 'elapsedMs'> {
  return { accuracy, stderr, items }
}

/** Baselines of one cell as lines; equal ones share theirs. */
export function planReferences(
  baselines: ReportData['baselines'],
  benchmark: string,
  baseModel: string,
): Reference[] {
  const own = baselines.filter((one) => one.benchmark === benchmark && one.baseModel === baseModel)
  const byValue = Map.groupBy(own, ({ score }) => score.accuracy.toFixed(3))
  return [...byValue].map(([value, equal]) => ({
    label: `${value} ${equal.map(({ kind }) => shortNames[kind]).join(', ')}`,
    value: equal[0]?.score.accuracy ?? 0,
  }))
}

const shortNames: Readonly<Record<ReportData['baselines'][number]['kind'], string>> = {
  instruct: 'instruct',
  base_few_shot: 'few-shot',
  base_zero_shot: 'base',
}

export function describePoint(series: ScoreSeries, point: ScorePoint): string {
  const what = point === series.final ? `final score${fateOf(series)}` : 'self-evaluation'
  return `${series.label} · ${formatDuration(point.elapsedMs)} · ${what} ${formatWithError(point)} on ${point.items} items`
}

export function describeCounted(series: ScoreSeries): string {
  return `${series.label} · counts the base model’s ${series.counted?.toFixed(3) ?? ''} (${statusLabel(statusOf(series.run))})`
}

function fateOf(series: ScoreSeries): string {
  return series.counts === 'own' ? '' : ` (${statusLabel(statusOf(series.run))}, does not count)`
}

function formatWithError({ accuracy, stderr }: ScorePoint): string {
  return `${accuracy.toFixed(3)} ± ${(z95 * stderr).toFixed(3)}`
}

export function tabulateScores(series: readonly ScoreSeries[]): ChartTable {
  return {
    columns: [
      'agent',
      'repeat',
      'run',
      'kind',
      'elapsed s',
      'share of budget',
      'accuracy',
      'stderr',
      'items',
      'outcome',
      'counts',
    ],
    rows: series.flatMap((one) =>
      [...one.points, ...(one.final === null ? [] : [one.final])].map((point) => [
        one.run.agent,
        one.run.repeat,
        one.run.id,
        point === one.final ? 'final' : 'self-evaluation',
        Math.round(point.elapsedMs / 100) / 10,
        Number((point.elapsedMs / budgetMs(one.run)).toFixed(4)),
        Number(point.accuracy.toFixed(4)),
        Number(point.stderr.toFixed(4)),
        point.items,
        statusOf(one.run),
        one.counts,
      ]),
    ),
  }
}

export function budgetMs(run: ReportRun): number {
  return run.budget.hours * 3_600_000
}

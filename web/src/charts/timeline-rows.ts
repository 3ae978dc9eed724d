import { formatDuration } from '../../../src/domain/duration.ts'
import type { CurveMetric, MarkKind, ReportRun } from '../../../src/domain/report.ts'
import type { ChartTable } from './csv.ts'
import { formatBytes } from './ticks.ts'

/** Everything of a run on one axis: milliseconds since its agent was started, or since the attempt was if it never was. */
export interface TimelineRows {
  readonly span: readonly [number, number]
  readonly budgetMs: number | null
  readonly phases: readonly {
    readonly phase: string
    readonly from: number
    readonly to: number
    readonly open: boolean
  }[]
  readonly turns: readonly { readonly turn: number; readonly from: number; readonly to: number }[]
  readonly marks: readonly { readonly kind: TimelineMark; readonly ms: number; readonly text: string }[]
  readonly panels: readonly Panel[]
}

export type TimelineMark = MarkKind | 'self_evaluation'

interface Panel {
  readonly title: string
  readonly format: (value: number) => string
  /** Counted in powers of 1024. */
  readonly bytes: boolean
  readonly curves: readonly {
    readonly label: string
    readonly other: boolean
    readonly points: readonly (readonly [number, number])[]
  }[]
  readonly limit: { readonly value: number; readonly label: string } | null
}

export function planTimelineRows(run: ReportRun, attempt: number): TimelineRows {
  const spans = run.timeline.filter((span) => span.attempt === attempt)
  const attemptStart = Math.min(...spans.map(({ startedAt }) => Date.parse(startedAt)))
  const last = attempt === run.attempts.at(-1)?.number
  const origin = last && run.agentStartedAt !== null ? Date.parse(run.agentStartedAt) : attemptStart
  const ends = spans.flatMap(({ endedAt, startedAt }) => [Date.parse(endedAt ?? startedAt) - origin])
  const budgetMs = last && run.agentStartedAt !== null ? run.budget.hours * 3_600_000 : null
  const curveEnds = last ? run.monitor.curves.map(({ seconds }) => 1000 * (seconds.at(-1) ?? 0)) : []
  const to = Math.max(1000, ...ends, ...curveEnds)
  return {
    span: [Math.min(0, attemptStart - origin) || 0, to],
    budgetMs,
    phases: spans.map(({ phase, startedAt, endedAt }) => ({
      phase,
      from: Date.parse(startedAt) - origin,
      to: endedAt === null ? to : Date.parse(endedAt) - origin,
      open: endedAt === null,
    })),
    turns: last ? planTurns(run) : [],
    marks: last ? planMarks(run) : [],
    panels: last ? planPanels(run) : [],
  }
}

/** The first turn has no event of its own: it begins with the agent. */
function planTurns(run: ReportRun): TimelineRows['turns'] {
  const later = run.marks.filter(({ kind }) => kind === 'turn')
  if (run.solve === null || run.solve.turns < 2) return []
  const starts = [0, ...later.map(({ elapsedMs }) => elapsedMs)].filter(
    (ms, index, all) => all.indexOf(ms) === index,
  )
  const end = run.solve.durationMs
  return starts.map((from, index) => ({
    turn: index + 1,
    from,
    to: starts[index + 1] ?? Math.max(from, end),
  }))
}

function planMarks(run: ReportRun): TimelineRows['marks'] {
  const own = run.marks.map(({ kind, elapsedMs, text }) => ({ kind, ms: elapsedMs, text }))
  const evaluations = run.selfEvaluations.map(({ elapsedMs, accuracy, items }) => ({
    kind: 'self_evaluation' as const,
    ms: elapsedMs,
    text: `self-evaluation ${accuracy.toFixed(3)} on ${items} items`,
  }))
  return [...own, ...evaluations].sort((a, b) => a.ms - b.ms)
}

function planPanels(run: ReportRun): Panel[] {
  const { limits } = run
  const curve = (metric: CurveMetric, label: string, other = false): Panel['curves'] =>
    run.monitor.curves
      .filter((one) => one.metric === metric)
      .map(({ seconds, values }) => ({
        label,
        other,
        points: seconds.map((second, index) => [1000 * second, values[index] ?? 0] as const),
      }))
  const limitOf = (value: number | undefined, label: string): Panel['limit'] =>
    value === undefined ? null : { value, label: `limit ${label}` }
  const cores = (value: number): string => `${Number(value.toFixed(2))}`
  const panels: Panel[] = [
    {
      title: 'busy cores',
      format: cores,
      bytes: false,
      curves: [...curve('ownCores', 'of the agent'), ...curve('otherCores', 'of others', true)],
      limit: limitOf(limits.cpus, `${limits.cpus}`),
    },
    {
      title: 'memory',
      format: formatBytes,
      bytes: true,
      curves: curve('memoryBytes', 'memory'),
      limit: limitOf(scaled(limits.memoryGiB, 2 ** 30), `${limits.memoryGiB} GiB`),
    },
    {
      title: 'disk',
      format: formatBytes,
      bytes: true,
      curves: curve('diskBytes', 'workspace'),
      limit: limitOf(scaled(limits.diskGiB, 2 ** 30), `${limits.diskGiB} GiB`),
    },
    {
      title: 'processes',
      format: String,
      bytes: false,
      curves: curve('processes', 'processes'),
      limit: limitOf(limits.pids, `${limits.pids}`),
    },
  ]
  return panels.filter(({ curves }) => curves.some(({ points }) => points.length > 1))
}

function scaled(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : value * unit
}

export function tabulateTimeline(rows: TimelineRows): ChartTable {
  const seconds = (ms: number): number => Math.round(ms / 100) / 10
  return {
    columns: ['what', 'from s', 'to s', 'value', 'note'],
    rows: [
      ...rows.phases.map(({ phase, from, to, open }) => [
        `phase ${phase}`,
        seconds(from),
        seconds(to),
        null,
        open ? 'not ended' : '',
      ]),
      ...rows.turns.map(({ turn, from, to }) => [`turn ${turn}`, seconds(from), seconds(to), null, '']),
      ...rows.marks.map(({ kind, ms, text }) => [
        kind.replaceAll('_', '-'),
        seconds(ms),
        seconds(ms),
        null,
        text,
      ]),
      ...rows.panels.flatMap(({ title, curves }) =>
        curves.flatMap(({ label, points }) =>
          points.map(([ms, value]) => [
            curves.length > 1 ? `${title} ${label}` : title,
            seconds(ms),
            seconds(ms),
            value,
            '',
          ]),
        ),
      ),
    ],
  }
}

export function describeSpan(what: string, from: number, to: number): string {
  return `${what} · ${formatDuration(Math.max(0, to - from))}, from ${formatOffset(from)}`
}

/** `+1 min 5 s` after the agent's start, `−3 s` before it. */
export function formatOffset(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${formatDuration(Math.abs(ms))}`
}

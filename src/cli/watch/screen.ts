import { formatBytes } from '../../domain/byte-size.ts'
import { formatDuration, formatTimeOfDay } from '../../domain/duration.ts'
import { displayWidth } from '../../lib/table.ts'
import { outcomeStyles } from '../../results/leaderboard.ts'
import { paint } from '../render.ts'
import { clipLine, clipMiddle, fitLine } from './fit.ts'
import type { Screen, WatchedRun } from './read-screen.ts'
import { noPhaseYet, summarise, type Summary } from './summarise.ts'

export interface ScreenSize {
  readonly columns: number
  readonly rows: number
}

export interface ScreenOptions extends ScreenSize {
  readonly colour: boolean
  /** Runs to leave out at the top; more than there are to leave out is as many as there are. Default 0. */
  readonly scroll?: number
  /** Keys that work, named in the last line. Default: none. */
  readonly keys?: string
}

export interface RenderedScreen {
  /** At most `rows` lines of at most `columns` columns, without line ends. */
  readonly lines: readonly string[]
  /** How many runs were left out at the top in the end. */
  readonly scroll: number
}

type Ink = ReturnType<typeof paint>
type Style = Parameters<Ink>[0]

/** What was read, as one screen of a terminal. Everything in it that others may have written is made inert. */
export function renderScreen(screen: Screen, options: ScreenOptions): RenderedScreen {
  const { columns, rows, keys = '' } = options
  const ink = paint(options.colour)
  const summary = summarise(screen)
  const roomy = rows >= 12
  const heading = renderHeading(screen, summary, columns, ink).slice(0, roomy ? undefined : 4)
  const footer = keys === '' ? [] : [...(roomy ? [''] : []), ink('dim', clipLine(keys, columns))]
  // the line of titles is one of them
  const space = Math.max(0, rows - heading.length - (roomy ? 1 : 0) - footer.length)
  const runs = sortRuns(screen.runs)
  const shown = runs.length + 1 <= space ? runs.length : Math.max(0, space - 2)
  const scroll = Math.min(Math.max(0, options.scroll ?? 0), runs.length - shown)
  const [titles = '', ...lines] = renderRuns(screen, columns, ink)
  const hidden = [...runs.slice(0, scroll), ...runs.slice(scroll + shown)]
  const body = [
    titles,
    ...runs.slice(scroll, scroll + shown).map((run) => lines[screen.runs.indexOf(run)] ?? ''),
    ...(hidden.length === 0 ? [] : [ink('dim', clipLine(describeHidden(hidden), columns))]),
  ]
  return {
    lines: [...heading, ...(roomy ? [''] : []), ...body.slice(0, space), ...footer].slice(0, rows),
    scroll,
  }
}

/** Running ones first, then those that stand still, then the finished ones, the latest first. */
function sortRuns(runs: readonly WatchedRun[]): WatchedRun[] {
  return runs.toSorted(
    (a, b) =>
      order.indexOf(a.status) - order.indexOf(b.status) ||
      (b.finishedAt ?? 0) - (a.finishedAt ?? 0) ||
      (a.startedAt ?? 0) - (b.startedAt ?? 0),
  )
}

const order: readonly WatchedRun['status'][] = ['running', 'orphaned', 'waiting', 'finished']

function describeHidden(runs: readonly WatchedRun[]): string {
  const counts = order.map((status) => ({
    status,
    count: runs.filter((run) => run.status === status).length,
  }))
  const parts = counts.filter(({ count }) => count > 0).map(({ status, count }) => `${count} ${status}`)
  return `+ ${runs.length} more (${parts.join(', ')})`
}

function renderHeading(screen: Screen, summary: Summary, columns: number, ink: Ink): string[] {
  const { elapsedMs, restMs, over, orphaned } = summary
  const times = [
    ...(elapsedMs === null ? [] : [`${formatDuration(elapsedMs)} since the start`]),
    ...(over ? ['everything is finished'] : restMs === null ? [] : [`about ${formatDuration(restMs)} left`]),
  ]
  const outcomes = summary.outcomes.map(({ kind, count }) => ({
    text: `${count} ${kind.replaceAll('_', ' ')}`,
    style: outcomeStyles[kind],
  }))
  const [broken] = screen.unreadable
  return [
    ink('bold', clipLine(summary.experiments.join(' + '), columns)),
    clipLine(
      (['finished', 'running', 'waiting', 'orphaned', 'unreadable'] as const)
        .filter((status) => summary[status] > 0 || status === 'finished')
        .map((status) => `${summary[status]} ${status}`)
        .join(', '),
      columns,
    ),
    ...(outcomes.length === 0 ? [] : [renderParts(outcomes, columns, ink)]),
    ...(times.length === 0 ? [] : [ink(over ? 'green' : 'dim', clipLine(times.join(', '), columns))]),
    ...(orphaned === 0
      ? []
      : [
          ink('yellow', clipLine('orphaned runs have no worker: `ptb resume RUN` goes on with one', columns)),
        ]),
    ...(broken === undefined
      ? []
      : [ink('red', clipLine(`${broken.id} cannot be read: ${broken.why}`, columns))]),
  ]
}

/** Coloured words with commas between them; those that do not fit are left out. */
function renderParts(
  parts: readonly { readonly text: string; readonly style: Style }[],
  columns: number,
  ink: Ink,
): string {
  const plain = parts.map(({ text }) => text).join(', ')
  if (displayWidth(plain) > columns) return clipLine(plain, columns)
  return parts.map(({ text, style }) => ink(style, text)).join(', ')
}

interface Field {
  readonly title: string
  readonly align?: 'right'
  readonly text: (run: WatchedRun) => string
  readonly style?: (run: WatchedRun) => Style | null
}

/** The line of titles, then one line per run, in the order of `screen.runs`. */
function renderRuns(screen: Screen, columns: number, ink: Ink): string[] {
  const { at, runs } = screen
  const several = new Set(runs.map(({ experiment }) => experiment)).size > 1
  const nameOf = (run: WatchedRun): string => (several ? `${run.experiment}/${run.id}` : run.id)
  const longestName = Math.max('run'.length, ...runs.map((run) => displayWidth(clipLine(nameOf(run), 200))))
  const maxFieldWidth = Math.min(32, Math.max(20, Math.floor(columns * 0.3)))
  const measured = (field: Field): { field: Field; width: number } => ({
    field,
    width: Math.max(
      displayWidth(field.title),
      ...runs.map((run) => displayWidth(clipLine(field.text(run), maxFieldWidth))),
    ),
  })
  const layouts = reductions.map((left) => {
    const fields = fieldsWithout(new Set(left), at)
      .filter(({ text }) => runs.some((run) => text(run) !== ''))
      .map(measured)
    return { fields, nameWidth: columns - fields.reduce((sum, { width }) => sum + gap.length + width, 0) }
  })
  const wanted = Math.min(longestName, 30)
  const layout = layouts.find(({ nameWidth }) => nameWidth >= wanted) ?? layouts.at(-1)
  if (layout === undefined) return []
  const nameWidth = Math.max(1, Math.min(layout.nameWidth, longestName))
  const titles = [
    fitLine('run', nameWidth),
    ...layout.fields.map(({ field, width }) => fitLine(field.title, width, field.align)),
  ]
  const rows = runs.map((run) => [
    { text: fitLine(clipMiddle(nameOf(run), nameWidth), nameWidth), style: null },
    ...layout.fields.map(({ field, width }) => ({
      text: fitLine(field.text(run), width, field.align),
      style: field.style?.(run) ?? null,
    })),
  ])
  // where not even two columns fit, the line is cut and loses its colour with it
  const narrow = layout.nameWidth < 1
  return [
    ink('dim', clipLine(titles.join(gap).trimEnd(), columns)),
    ...rows.map((cells) =>
      narrow
        ? clipLine(cells.map(({ text }) => text).join(gap), columns)
        : cells
            .map(({ text, style }) => (style === null ? text : inkWord(style, text, ink)))
            .join(gap)
            .trimEnd(),
    ),
  ]
}

/** Padding stays without style, so that it can be trimmed. */
function inkWord(style: Style, text: string, ink: Ink): string {
  const word = text.trimEnd()
  return (word === '' ? '' : ink(style, word)) + ' '.repeat(text.length - word.length)
}

const gap = '  '
const barWidth = 10

/** How much of the table is left out to fit the terminal. */
const reductions = [
  [],
  ['elapsed'],
  ['elapsed', 'usage'],
  ['elapsed', 'usage', 'age'],
  ['elapsed', 'usage', 'age', 'bar'],
  ['elapsed', 'usage', 'age', 'bar', 'self-evaluation'],
  ['elapsed', 'usage', 'age', 'bar', 'self-evaluation', 'left'],
] as const
type Reduction = (typeof reductions)[number][number]

function fieldsWithout(left: ReadonlySet<Reduction>, now: number): Field[] {
  const fields: (Field & { readonly unless?: Reduction })[] = [
    {
      title: 'state',
      text: (run) => describeState(run, now, { bar: !left.has('bar') }),
      style: stateStyle,
    },
    {
      title: 'time',
      unless: 'elapsed',
      align: 'right',
      text: ({ startedAt, finishedAt }) =>
        startedAt === null ? '' : formatDuration((finishedAt ?? now) - startedAt),
      style: () => 'dim',
    },
    { title: 'left', unless: 'left', align: 'right', text: (run) => describeLeft(run, now) },
    {
      title: 'self-eval',
      unless: 'self-evaluation',
      text: ({ selfEvaluation }) =>
        selfEvaluation === null
          ? ''
          : `${selfEvaluation.accuracy.toFixed(3)}${left.has('age') ? '' : `, ${formatDuration(Math.max(0, now - selfEvaluation.at))} ago`}`,
    },
    {
      title: 'processes',
      unless: 'usage',
      text: ({ usage }) => (usage === null ? '' : `${usage.processes}, ${formatBytes(usage.memoryBytes)}`),
      style: () => 'dim',
    },
  ]
  return fields.filter(({ unless }) => unless === undefined || !left.has(unless))
}

function describeState(run: WatchedRun, now: number, options: { readonly bar: boolean }): string {
  if (run.outcome !== null) return run.outcome.reason
  if (run.status !== 'running') return run.status
  if (run.waitsUntil !== null) return `waits until ${formatTimeOfDay(run.waitsUntil)}, try ${run.attempt + 1}`
  const phase = run.phase ?? noPhaseYet
  const tries = run.attempt > 1 ? `, try ${run.attempt}` : ''
  if (run.evaluatedSamples !== null) return `${phase} ${run.evaluatedSamples} samples${tries}`
  if (run.solvingSince === null || run.budgetMs <= 0) return phase + tries
  const used = Math.min(1, Math.max(0, (now - run.solvingSince) / run.budgetMs))
  const filled = Math.round(used * barWidth)
  const bar = options.bar ? `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ` : ''
  return `${phase} ${bar}${`${Math.floor(used * 100)} %`.padStart(5)}${tries}`
}

function stateStyle(run: WatchedRun): Style | null {
  if (run.outcome !== null) return outcomeStyles[run.outcome.kind]
  if (run.status === 'orphaned' || run.waitsUntil !== null) return 'yellow'
  return run.status === 'waiting' ? 'dim' : null
}

function describeLeft({ solvingSince, budgetMs }: WatchedRun, now: number): string {
  return solvingSince === null ? '' : formatDuration(Math.max(0, budgetMs - (now - solvingSince)))
}

import { styleText } from 'node:util'
import { formatDuration } from '../domain/duration.ts'
import type { AgentRow, BaselineRow, Estimate, Leaderboard } from '../domain/leaderboard.ts'
import { outcomeKinds, type OutcomeKind } from '../domain/outcome.ts'
import { inertLine } from '../lib/inert-text.ts'
import { displayWidth, renderTable, type Cell, type Column } from '../lib/table.ts'

export interface LeaderboardStyle {
  readonly colour?: boolean
  /** Columns of the terminal; absent: as wide as it gets. */
  readonly width?: number
}

type Style = Parameters<typeof styleText>[0]
type Paint = (style: Style, text: string) => string
type Row = AgentRow | BaselineRow

/** How much of the table is left out to fit the terminal, from nothing to almost everything. */
const reductions = [
  [],
  ['intervals'],
  ['intervals', 'time'],
  ['intervals', 'time', 'attempts'],
  ['intervals', 'time', 'attempts', 'outcomes'],
  ['intervals', 'time', 'attempts', 'outcomes', 'benchmarks'],
] as const
type Reduction = (typeof reductions)[number][number]

/** The leaderboard as text for a terminal. Everything in it that others may have written is made inert. */
export function renderLeaderboard(board: Leaderboard, style: LeaderboardStyle = {}): string {
  const paint: Paint = style.colour
    ? (format, text) => styleText(format, text, { validateStream: false })
    : (_format, text) => text
  const width = style.width ?? Number.POSITIVE_INFINITY
  const tables = reductions.map((left) => renderRows(board, new Set(left), paint))
  const fits = tables.find(({ width: needed }) => needed <= width) ?? tables.at(-1)
  const parts = [
    renderHeading(board, paint),
    fits?.text ?? '',
    renderNotes(board, paint, Math.min(width, 110)),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function renderHeading(board: Leaderboard, paint: Paint): string {
  const { protocol } = board
  const benchmarks = `${board.benchmarks.length} ${board.benchmarks.length === 1 ? 'benchmark' : 'benchmarks'}`
  const models = `${board.baseModels.length} base ${board.baseModels.length === 1 ? 'model' : 'models'}`
  const budgets = new Set(board.agents.map(({ budget }) => budget.hours))
  const [hours] = budgets
  const budget =
    budgets.size === 1 && hours !== undefined ? ` · ${formatDuration(hours * 3_600_000)} each` : ''
  const facts = `protocol ${protocol.id}@${protocol.hash.slice(0, 8)} · ${benchmarks} × ${models}${budget}`
  return `${paint('bold', inertLine(board.experiments.join(' + ')))}  ${paint('dim', inertLine(facts))}`
}

function renderRows(
  board: Leaderboard,
  left: ReadonlySet<Reduction>,
  paint: Paint,
): { readonly text: string; readonly width: number } {
  const benchmarks = left.has('benchmarks') ? [] : board.benchmarks
  const columns: Column[] = [
    { title: '#', align: 'right' },
    { title: 'agent' },
    { title: 'score', align: 'right' },
    { title: '95 %' },
    ...benchmarks.map(({ id }): Column => ({ title: id, align: 'right' })),
    ...(left.has('outcomes') ? [] : [{ title: 'outcomes' }]),
    ...(left.has('attempts') ? [] : [{ title: 'tries', align: 'right' } as const]),
    ...(left.has('time') ? [] : [{ title: 'time', align: 'right' } as const]),
  ]
  const rows = mergeBaselines(board).map((row): Cell[] => {
    const tone: Style | null = row.kind === 'baseline' ? 'dim' : row.rank === 1 ? 'bold' : null
    const toned = (text: string): Cell =>
      tone === null ? text : { text, style: (cell) => paint(tone, cell) }
    const agent = row.kind === 'agent' ? row : null
    return [
      toned(agent === null ? '·' : agent.rank === null ? '–' : String(agent.rank)),
      toned(`${row.label}${agent !== null && agent.unisolated > 0 ? ' ⚠' : ''}`),
      row.complete
        ? toned(row.score === null ? '–' : row.score.value.toFixed(3))
        : {
            text: row.score === null ? '–' : `~${row.score.value.toFixed(3)}`,
            style: (text) => paint('yellow', text),
          },
      { text: row.score === null ? '' : interval(row.score), style: (text) => paint('dim', text) },
      ...benchmarks.map(({ id }): Cell => {
        const score = row.benchmarks.find((one) => one.id === id)?.score ?? null
        if (score === null) return { text: 'missing', style: (text) => paint('yellow', text) }
        return toned(`${score.value.toFixed(3)}${left.has('intervals') ? '' : ` ${interval(score)}`}`)
      }),
      ...(left.has('outcomes') ? [] : [agent === null ? '' : outcomesCell(agent, paint)]),
      ...(left.has('attempts') ? [] : [agent === null ? '' : String(agent.attempts)]),
      ...(left.has('time')
        ? []
        : [agent === null ? '' : agent.solveMs === null ? '–' : formatDuration(agent.solveMs)]),
    ]
  })
  const plain = renderTable(
    columns,
    rows.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell.text))),
  )
  return {
    text: renderTable(columns, rows, { titleStyle: (text) => paint('dim', text) }),
    width: Math.max(...plain.split('\n').map(displayWidth)),
  }
}

/** Baselines stand where their score puts them; incomplete agents come last. */
function mergeBaselines(board: Leaderboard): Row[] {
  const ranked: Row[] = [...board.agents.filter(({ rank }) => rank !== null), ...board.baselines]
  const value = (row: Row): number => row.score?.value ?? -1
  return [
    ...ranked.toSorted((a, b) => value(b) - value(a)),
    ...board.agents.filter(({ rank }) => rank === null),
  ]
}

function interval({ low, high }: Estimate): string {
  return `[${low.toFixed(2)}, ${high.toFixed(2)}]`
}

/** Of outcomes on a terminal, the same everywhere. */
export const outcomeStyles = {
  scored: 'green',
  flagged: 'red',
  no_model: 'magenta',
  infra_failure: 'yellow',
  unjudged: 'cyan',
  cancelled: 'gray',
} as const satisfies Record<OutcomeKind, Style>

function outcomesCell(row: AgentRow, paint: Paint): Cell {
  const parts = outcomeKinds.flatMap((kind) =>
    row.outcomes[kind] === 0
      ? []
      : [{ text: `${row.outcomes[kind]} ${kind.replaceAll('_', ' ')}`, style: outcomeStyles[kind] }],
  )
  const all =
    row.unfinished === 0 ? parts : [...parts, { text: `${row.unfinished} unfinished`, style: 'dim' as const }]
  return {
    text: all.map(({ text }) => text).join(', '),
    style: () => all.map(({ text, style }) => paint(style, text)).join(', '),
  }
}

function renderNotes(board: Leaderboard, paint: Paint, width: number): string {
  const notes = board.notes.map((note) => {
    const grave = /^(?:Not isolated|Not proven|Incomplete)/u.test(note)
    return renderItem(grave ? '⚠' : '·', note, width, (line) => paint(grave ? 'yellow' : 'dim', line))
  })
  const problems = board.problems.map(({ experiment, path, message }) =>
    renderItem('✗', `${experiment}/${path}: ${message}`, width, (line) => paint('yellow', line)),
  )
  return [...notes, ...problems].join('\n')
}

function renderItem(mark: string, text: string, width: number, tone: (line: string) => string): string {
  return wrap(inertLine(text), width - 2)
    .map((line, index) => tone(`${index === 0 ? mark : ' '} ${line}`))
    .join('\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/ +/u)) {
    const longer = `${lines.at(-1) ?? ''} ${word}`
    if (lines.length > 0 && displayWidth(longer) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

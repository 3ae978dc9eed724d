import type { AgentRow, BaselineRow, Leaderboard } from '../../domain/leaderboard.ts'
import { outcomeKinds } from '../../domain/outcome.ts'
import { inertLine } from '../../lib/inert-text.ts'

const columns = [
  'kind',
  'rank',
  'label',
  'agent',
  'options',
  'agent_hash',
  'budget_hours',
  'budget_gpus',
  'benchmark',
  'weight',
  'score',
  'low',
  'high',
  'complete',
  'cells',
  'cells_missing',
  'runs_counting',
  'runs_as_base',
  'runs',
  'unfinished',
  ...outcomeKinds,
  'attempts',
  'solve_ms',
  'unisolated',
  'unproven_deaths',
  'protocol',
  'protocol_hash',
] as const
type ColumnName = (typeof columns)[number]
type Value = string | number | boolean | null

/**
 * The leaderboard as CSV (RFC 4180) in tidy form: per row of the leaderboard one line for every benchmark, and one for
 * the weighted score, whose `benchmark` is empty. Missing values are empty. Counts of runs and outcomes, attempts and
 * times are the agent's over all benchmarks, and stand in the line of the weighted score only.
 */
export function renderCsv(board: Leaderboard): string {
  const rows = [...board.agents, ...board.baselines].flatMap((row) => [
    lineOfTotal(board, row),
    ...board.benchmarks.map((benchmark) => lineOfBenchmark(board, row, benchmark)),
  ])
  return [columns.join(','), ...rows.map((row) => columns.map((name) => cellOf(row[name] ?? null)).join(','))]
    .map((line) => `${line}\r\n`)
    .join('')
}

type Line = Partial<Record<ColumnName, Value>>

function lineOfTotal(board: Leaderboard, row: AgentRow | BaselineRow): Line {
  const line = {
    ...commonOf(board, row),
    ...countCells(row, row.cells),
    weight: 1,
    score: row.score?.value ?? null,
    low: row.score?.low ?? null,
    high: row.score?.high ?? null,
    complete: row.complete,
  }
  if (row.kind === 'baseline') return line
  return {
    ...line,
    runs: row.runs,
    unfinished: row.unfinished,
    ...row.outcomes,
    attempts: row.attempts,
    solve_ms: row.solveMs === null ? null : Math.round(row.solveMs),
    unisolated: row.unisolated,
    unproven_deaths: row.unprovenDeaths,
  }
}

function lineOfBenchmark(
  board: Leaderboard,
  row: AgentRow | BaselineRow,
  { id, weight }: Leaderboard['benchmarks'][number],
): Line {
  const score = row.benchmarks.find((one) => one.id === id)?.score ?? null
  const cells = row.cells.filter(({ benchmark }) => benchmark === id)
  return {
    ...commonOf(board, row),
    ...countCells(row, cells),
    benchmark: id,
    weight,
    score: score?.value ?? null,
    low: score?.low ?? null,
    high: score?.high ?? null,
    complete: cells.every((cell) => cell.score !== null),
  }
}

function commonOf({ protocol }: Leaderboard, row: AgentRow | BaselineRow): Line {
  const common = { kind: row.kind, label: row.label, protocol: protocol.id, protocol_hash: protocol.hash }
  if (row.kind === 'baseline') return common
  return {
    ...common,
    rank: row.rank,
    agent: row.agent,
    options: row.agentConfig,
    agent_hash: row.agentHash,
    budget_hours: row.budget.hours,
    budget_gpus: row.budget.gpus,
  }
}

function countCells(row: AgentRow | BaselineRow, cells: AgentRow['cells']): Line {
  const counts = { cells: cells.length, cells_missing: cells.filter(({ score }) => score === null).length }
  if (row.kind === 'baseline') return counts
  return {
    ...counts,
    runs_counting: cells.reduce((sum, { counting }) => sum + counting, 0),
    runs_as_base: cells.reduce((sum, { asBase }) => sum + asBase, 0),
  }
}

/**
 * Numbers as they are. A text that a spreadsheet would take for a formula gets an apostrophe before it, as OWASP's page on
 * CSV injection advises (its full-width forms included); quotes alone do not prevent that.
 */
function cellOf(value: Value): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  // made inert first: what is taken out may have hidden the beginning
  const text = inertLine(value)
  const guarded = /^\s*[=+\-@＝＋－＠]/u.test(text) || /^[\t\r]/u.test(value) ? `'${text}` : text
  return /[",]/u.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

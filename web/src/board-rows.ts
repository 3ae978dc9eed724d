import type { AgentRow, BaselineRow, Leaderboard } from '../../src/domain/leaderboard.ts'
import type { ChartTable } from './charts/csv.ts'

export type BoardRow = AgentRow | BaselineRow

/** Baselines stand where their score puts them; incomplete agents come last. */
export function mergeBaselines(board: Leaderboard): BoardRow[] {
  const value = (row: BoardRow): number => row.score?.value ?? -1
  const ranked: BoardRow[] = [...board.agents.filter(({ rank }) => rank !== null), ...board.baselines]
  return [
    ...ranked.toSorted((a, b) => value(b) - value(a)),
    ...board.agents.filter(({ rank }) => rank === null),
  ]
}

export function tabulateBoard(board: Leaderboard): ChartTable {
  const digits = (value: number | undefined): number | null =>
    value === undefined ? null : Number(value.toFixed(4))
  return {
    columns: [
      'rank',
      'name',
      'kind',
      'complete',
      'score',
      'low',
      'high',
      ...board.benchmarks.flatMap(({ id }) => [id, `${id} low`, `${id} high`]),
    ],
    rows: mergeBaselines(board).map((row) => [
      row.kind === 'agent' ? row.rank : null,
      row.label,
      row.kind,
      row.complete ? 'yes' : 'no',
      digits(row.score?.value),
      digits(row.score?.low),
      digits(row.score?.high),
      ...board.benchmarks.flatMap(({ id }) => {
        const score = row.benchmarks.find((one) => one.id === id)?.score
        return [digits(score?.value), digits(score?.low), digits(score?.high)]
      }),
    ]),
  }
}

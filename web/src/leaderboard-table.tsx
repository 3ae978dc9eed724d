import type { ReactElement } from 'react'
import type { AgentRow, Estimate, Leaderboard } from '../../src/domain/leaderboard.ts'
import { formatDuration } from '../../src/domain/duration.ts'
import { formatInterval, formatScore } from './format.ts'
import { AxisLabels, IntervalMark, planAxis, type Axis, type MarkKind } from './interval-mark.tsx'
import { OutcomeChip } from './outcome-chip.tsx'
import { mergeBaselines, type BoardRow } from './board-rows.ts'
import { statuses } from './run-status.ts'

interface LeaderboardTableProps {
  readonly board: Leaderboard
  readonly onPickAgent: (row: AgentRow) => void
}

export function LeaderboardTable({ board, onPickAgent }: LeaderboardTableProps): ReactElement {
  const rows = mergeBaselines(board)
  const axis = planAxis(rows.flatMap(({ score }) => (score === null ? [] : [score.high])))
  const unit: Axis = { max: 1, ticks: [0, 0.5, 1] }
  const references = board.baselines
    .filter(({ baseline, score, complete }) => baseline !== 'base_few_shot' && score !== null && complete)
    .map(({ label, score }) => ({ label, value: score?.value ?? 0 }))
  return (
    <table className="leaderboard" role="table">
      <caption className="hidden">Agents and baselines by weighted score</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col" className="rank" aria-label="rank">
            #
          </th>
          <th role="columnheader" scope="col" className="name">
            agent
          </th>
          <th role="columnheader" scope="col" className="number">
            score
          </th>
          <th role="columnheader" scope="col" className="plot">
            <span className="hidden">95 % interval</span>
            <AxisLabels axis={axis} />
          </th>
          {board.benchmarks.map(({ id, weight }) => (
            <th role="columnheader" scope="col" className="benchmark" key={id}>
              <span className="benchmark-name">{id}</span>
              <small>weight {weight.toFixed(2)}</small>
            </th>
          ))}
          <th role="columnheader" scope="col" className="outcomes">
            outcomes
          </th>
          <th role="columnheader" scope="col" className="number tries">
            tries
          </th>
          <th role="columnheader" scope="col" className="number time">
            mean time
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr
            role="row"
            key={row.id}
            className={row.kind === 'baseline' ? 'baseline' : row.complete ? '' : 'incomplete'}
          >
            <td role="cell" className="rank">
              {row.kind === 'agent' ? (row.rank ?? '–') : ''}
            </td>
            <th role="rowheader" scope="row" className="name">
              {row.kind === 'agent' ? (
                <button type="button" className="link" onClick={() => onPickAgent(row)} title="Show the runs">
                  <bdi>{row.label}</bdi>
                </button>
              ) : (
                <bdi>{row.label}</bdi>
              )}
              {row.kind === 'agent' && row.unisolated > 0 && <span className="tag warn">not isolated</span>}
              {row.kind === 'agent' && row.contended > 0 && <span className="tag warn">busy machine</span>}
              {!row.complete && <span className="tag warn">incomplete</span>}
            </th>
            <td role="cell" className="number score">
              {row.complete || row.score === null ? '' : '~'}
              {formatScore(row.score?.value ?? null)}
              {row.score !== null && <small>{formatInterval(row.score.low, row.score.high)}</small>}
            </td>
            <td role="cell" className="plot">
              <IntervalMark axis={axis} estimate={row.score} kind={markOf(row)} references={references} />
            </td>
            {row.benchmarks.map(({ id, score }) => (
              <td role="cell" className="benchmark" key={id} data-label={id}>
                <BenchmarkScore
                  score={score}
                  axis={unit}
                  kind={markOf(row)}
                  substitution={substitutionIn(row, id)}
                />
              </td>
            ))}
            <td role="cell" className="outcomes">
              {row.kind === 'agent' && <Outcomes row={row} />}
            </td>
            <td role="cell" className="number tries" data-label="tries">
              {row.kind === 'agent' ? row.attempts : ''}
            </td>
            <td role="cell" className="number time" data-label="mean time">
              {row.kind === 'agent' && row.solveMs !== null ? formatDuration(row.solveMs) : ''}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** How many of the runs that count do so with the base model's score. */
interface Substitution {
  readonly asBase: number
  readonly counting: number
}

function substitutionIn(row: BoardRow, benchmark: string): Substitution {
  const cells = row.cells.filter((cell) => cell.benchmark === benchmark)
  return {
    asBase: cells.reduce((sum, cell) => sum + cell.asBase, 0),
    counting: cells.reduce((sum, cell) => sum + cell.counting, 0),
  }
}

function titleOf(score: Estimate, { asBase, counting }: Substitution): string {
  const interval = `95 % interval ${formatInterval(score.low, score.high)}`
  return asBase === 0 ? interval : `${interval}; ${asBase} of ${counting} runs count the base model’s score`
}

function markOf(row: BoardRow): MarkKind {
  if (row.kind === 'baseline') return 'baseline'
  return row.complete ? 'agent' : 'incomplete'
}

function BenchmarkScore(props: {
  readonly score: Estimate | null
  readonly axis: Axis
  readonly kind: MarkKind
  readonly substitution: Substitution
}): ReactElement {
  const { score, axis, kind, substitution } = props
  const { asBase, counting } = substitution
  const all = asBase > 0 && asBase === counting
  if (score === null) return <span className="missing">missing</span>
  return (
    <span title={titleOf(score, substitution)}>
      {asBase > 0 && <small className="as-base">{all ? '' : `${asBase}× `}base’s </small>}
      {formatScore(score.value)}
      <IntervalMark axis={axis} estimate={score} kind={all ? 'baseline' : kind} radius={3} />
    </span>
  )
}

function Outcomes({ row }: { readonly row: AgentRow }): ReactElement {
  const counts = statuses.map((status) => ({
    status,
    count: status === 'unfinished' ? row.unfinished : row.outcomes[status],
  }))
  return (
    <>
      {counts
        .filter(({ count }) => count > 0)
        .map(({ status, count }) => (
          <OutcomeChip key={status} status={status} count={count} />
        ))}
    </>
  )
}

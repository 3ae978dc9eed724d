import type { ReactElement } from 'react'
import type { ReportRun } from '../../src/domain/report.ts'
import { formatDuration } from '../../src/domain/duration.ts'
import { formatScore } from './format.ts'
import { OutcomeChip, OutcomeIcon } from './outcome-chip.tsx'
import { runHref } from './run-route.ts'
import { statuses, statusLabel, statusOf, type RunStatus } from './run-status.ts'

export interface RunFilter {
  /** `null`: all. */
  readonly status: RunStatus | null
  /** Id of a leaderboard row. */
  readonly row: string | null
  /** Words that all stand somewhere in a run's names. */
  readonly words: string
}

interface RunListProps {
  readonly runs: readonly ReportRun[]
  readonly rows: readonly { readonly id: string; readonly label: string }[]
  readonly filter: RunFilter
  readonly onFilter: (filter: RunFilter) => void
}

export function filterRuns(
  runs: readonly ReportRun[],
  labels: ReadonlyMap<string, string>,
  { row, words }: Pick<RunFilter, 'row' | 'words'>,
): ReportRun[] {
  const wanted = words.toLowerCase().split(/\s+/u)
  return runs.filter((run) => {
    if (row !== null && run.row !== row) return false
    const names = [labels.get(run.row), run.benchmark, run.baseModel, run.outcome?.reason, run.id]
    const text = names.join(' ').toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

export function RunList({ runs, rows, filter, onFilter }: RunListProps): ReactElement {
  const labels = new Map(rows.map(({ id, label }) => [id, label]))
  const ofAgent = filterRuns(runs, labels, filter)
  const shown = ofAgent.filter((run) => filter.status === null || statusOf(run) === filter.status)
  return (
    <section aria-labelledby="runs-title" id="runs">
      <div className="section-head">
        <h2 id="runs-title">
          Runs{' '}
          <small aria-live="polite">
            {shown.length === runs.length ? runs.length : `${shown.length} of ${runs.length}`}
          </small>
        </h2>
        <div className="filters">
          <div className="toggles" role="group" aria-label="Outcome">
            <Toggle pressed={filter.status === null} onPress={() => onFilter({ ...filter, status: null })}>
              all {ofAgent.length}
            </Toggle>
            {statuses.map((status) => {
              const count = ofAgent.filter((run) => statusOf(run) === status).length
              if (count === 0 && filter.status !== status) return null
              return (
                <Toggle
                  key={status}
                  pressed={filter.status === status}
                  onPress={() => onFilter({ ...filter, status })}
                >
                  <OutcomeIcon status={status} /> {statusLabel(status)} {count}
                </Toggle>
              )
            })}
          </div>
          <label>
            <span className="hidden">filter runs</span>
            <input
              type="search"
              id="filter"
              placeholder="filter  ( / )"
              value={filter.words}
              onChange={(event) => onFilter({ ...filter, words: event.target.value })}
              onKeyDown={(event) => {
                if (event.key === 'Escape') event.currentTarget.blur()
                if (event.key !== 'Enter' && event.key !== 'ArrowDown') return
                event.preventDefault()
                document.querySelector<HTMLElement>('.runs tbody .agent a')?.focus()
              }}
            />
          </label>
          <label>
            <span>agent</span>
            <select
              value={filter.row ?? ''}
              onChange={(event) =>
                onFilter({ ...filter, row: event.target.value === '' ? null : event.target.value })
              }
            >
              <option value="">all</option>
              {rows.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        </div>
      </div>
      <table className="runs" role="table">
        <caption className="hidden">Runs with outcome and score</caption>
        <thead role="rowgroup">
          <tr role="row">
            {[
              'outcome',
              'agent',
              'benchmark',
              'base model',
              'repeat',
              'counts',
              'own score',
              'findings',
              'tries',
              'time',
            ].map((title) => (
              <th role="columnheader" scope="col" key={title} className={title.replace(' ', '-')}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {shown.map((run) => (
            <RunRow key={`${run.experiment}/${run.id}`} run={run} label={labels.get(run.row) ?? run.agent} />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <p className="empty">No run matches.</p>}
    </section>
  )
}

function RunRow({ run, label }: { readonly run: ReportRun; readonly label: string }): ReactElement {
  return (
    <tr role="row">
      <td role="cell" className="outcome">
        <OutcomeChip status={statusOf(run)} />
        {run.outcome !== null && run.outcome.reason !== run.outcome.kind && (
          <code>{run.outcome.reason.slice(run.outcome.reason.indexOf('/') + 1)}</code>
        )}
      </td>
      <th role="rowheader" scope="row" className="agent">
        <a href={runHref(run.id)}>
          <bdi>{label}</bdi>
          <span className="hidden">
            {' '}
            on {run.benchmark}, {run.baseModel}, repeat {run.repeat}
          </span>
        </a>
      </th>
      <td role="cell" className="benchmark" data-label="benchmark">
        {run.benchmark}
      </td>
      <td role="cell" className="base-model" data-label="base model">
        {run.baseModel}
      </td>
      <td role="cell" className="repeat number" data-label="repeat">
        {run.repeat}
      </td>
      <td role="cell" className="counts number" data-label="counts">
        {run.counts === 'missing' ? (
          <span className="missing">missing</span>
        ) : (
          <>
            {run.counts === 'base' && <small>base’s </small>}
            <b>{formatScore(run.countedScore)}</b>
          </>
        )}
      </td>
      <td role="cell" className="own-score number" data-label="own score">
        {run.counts === 'base' && run.ownScore !== null ? (
          <s aria-label={`${formatScore(run.ownScore.accuracy)}, does not count`}>
            {formatScore(run.ownScore.accuracy)}
          </s>
        ) : (
          formatScore(run.ownScore?.accuracy ?? null)
        )}
      </td>
      <td role="cell" className="findings number" data-label="findings">
        {run.findings.length === 0 ? '–' : run.findings.length}
      </td>
      <td role="cell" className="tries number" data-label="tries">
        {run.attempts.length}
      </td>
      <td role="cell" className="time number" data-label="time">
        {run.solve === null || run.solve.startedAt === null ? '–' : formatDuration(run.solve.durationMs)}
      </td>
    </tr>
  )
}

function Toggle(props: {
  readonly pressed: boolean
  readonly onPress: () => void
  readonly children: React.ReactNode
}): ReactElement {
  return (
    <button type="button" aria-pressed={props.pressed} onClick={props.onPress}>
      {props.children}
    </button>
  )
}

import { useState, type ReactElement } from 'react'
import type { ReportData } from '../../src/domain/report.ts'
import { ProtocolSection, ReadingNotes, Warnings } from './board-notes.tsx'
import { formatTime, plural } from './format.ts'
import { LeaderboardTable } from './leaderboard-table.tsx'
import { RunList, type RunFilter } from './run-list.tsx'
import { RunPanel } from './run-panel.tsx'
import { useRunRoute } from './use-run-route.ts'

export function App({ report }: { readonly report: ReportData }): ReactElement {
  const { leaderboard: board, runs } = report
  const { runId, close } = useRunRoute()
  const [filter, setFilter] = useState<RunFilter>({ status: null, row: null })
  const open = runId === null ? undefined : runs.find(({ id }) => id === runId)
  return (
    <>
      <main className="page">
        <header className="masthead">
          <p className="product">posttrainbench</p>
          <h1>
            <bdi>{report.title}</bdi>
          </h1>
          <p className="subtitle">
            protocol <b>{board.protocol.id}</b> · {plural(board.benchmarks.length, 'benchmark')} ×{' '}
            {plural(board.baseModels.length, 'base model')} · {plural(runs.length, 'run')}
            {board.asOf !== null && ` · as of ${formatTime(board.asOf)}`}
          </p>
        </header>
        {runId !== null && open === undefined && (
          <p className="callout" role="alert">
            There is no run {runId} in this report.
          </p>
        )}
        <Warnings board={board} />
        <section aria-labelledby="board-title">
          <h2 id="board-title">Leaderboard</h2>
          <div className="scroll">
            <LeaderboardTable
              board={board}
              onPickAgent={(row) => {
                setFilter({ status: null, row: row.id })
                document.getElementById('runs')?.scrollIntoView()
              }}
            />
          </div>
          <p className="key" aria-hidden="true">
            <span>
              <svg width="34" height="12" className="mark agent">
                <line className="interval" x1="3" x2="31" y1="6" y2="6" />
                <circle className="dot" cx="17" cy="6" r="4.5" />
              </svg>
              score and 95 % interval
            </span>
            <span>
              <svg width="14" height="14" className="mark">
                <line className="reference" x1="7" x2="7" y1="0" y2="14" />
              </svg>
              base zero-shot, instruct sibling
            </span>
          </p>
          <ReadingNotes board={board} />
        </section>
        <RunList runs={runs} rows={board.agents} filter={filter} onFilter={setFilter} />
        <ProtocolSection board={board} text={report.protocolText} />
      </main>
      {open !== undefined && <RunPanel key={open.id} run={open} onClose={close} />}
    </>
  )
}

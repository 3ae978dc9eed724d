import { useCallback, useState, type ReactElement } from 'react'
import type { ReportData } from '../../src/domain/report.ts'
import { ProtocolSection, ReadingNotes, Warnings } from './board-notes.tsx'
import { BoardTools } from './board-tools.tsx'
import { formatTime, plural } from './format.ts'
import { HelpDialog, useShortcuts } from './keyboard.tsx'
import { LeaderboardTable } from './leaderboard-table.tsx'
import { RunList, type RunFilter } from './run-list.tsx'
import { RunPanel } from './run-panel.tsx'
import { runHref, useRunRoute } from './run-route.ts'
import { ScoreOverTime } from './score-over-time.tsx'
import { ThemeSwitch } from './theme-switch.tsx'

export function App({ report }: { readonly report: ReportData }): ReactElement {
  const { leaderboard: board, runs } = report
  const { route, close } = useRunRoute()
  const [filter, setFilter] = useState<RunFilter>({ status: null, row: null, words: '' })
  const [help, setHelp] = useState(false)
  const closeHelp = useCallback(() => setHelp(false), [])
  const runId = route?.runId ?? null
  const open = runId === null ? undefined : runs.find(({ id }) => id === runId)
  useShortcuts({
    onFilter: () => document.getElementById('filter')?.focus(),
    onHelp: () => setHelp(true),
    onMove: (step) => moveRun(step, runId),
  })
  return (
    <>
      <main className="page">
        <header className="masthead">
          <div>
            <p className="product">posttrainbench</p>
            <h1>
              <bdi>{report.title}</bdi>
            </h1>
            <p className="subtitle">
              protocol <b>{board.protocol.id}</b> · {plural(board.benchmarks.length, 'benchmark')} ×{' '}
              {plural(board.baseModels.length, 'base model')} · {plural(runs.length, 'run')}
              {board.asOf !== null && ` · as of ${formatTime(board.asOf)}`}
            </p>
          </div>
          <div className="settings">
            <ThemeSwitch />
            <button
              type="button"
              className="keys"
              aria-label="Keys"
              title="Keys ( ? )"
              onClick={() => setHelp(true)}
            >
              ?
            </button>
          </div>
        </header>
        {runId !== null && open === undefined && (
          <p className="callout" role="alert">
            There is no run {runId} in this report.
          </p>
        )}
        <Warnings board={board} />
        <section aria-labelledby="board-title">
          <div className="section-head">
            <h2 id="board-title">Leaderboard</h2>
            <BoardTools board={board} />
          </div>
          <div className="scroll">
            <LeaderboardTable
              board={board}
              onPickAgent={(row) => {
                setFilter({ status: null, row: row.id, words: '' })
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
        <ScoreOverTime report={report} />
        <RunList runs={runs} rows={board.agents} filter={filter} onFilter={setFilter} />
        <ProtocolSection board={board} text={report.protocolText} />
      </main>
      {open !== undefined && (
        <RunPanel
          key={open.id}
          run={open}
          baselines={report.baselines}
          target={route?.target ?? null}
          onClose={close}
        />
      )}
      {help && <HelpDialog onClose={closeHelp} />}
    </>
  )
}

/** Over the rows as they are shown: with a run open to the one beside it, else the focus alone moves. */
function moveRun(step: 1 | -1, openId: string | null): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('.runs tbody .agent a')]
  const href = openId === null ? null : runHref(openId)
  const at = links.findIndex((link) =>
    href === null ? link === document.activeElement : link.getAttribute('href') === href,
  )
  const next = links[at === -1 ? (step === 1 ? 0 : links.length - 1) : at + step]
  if (next === undefined) return
  if (href === null) next.focus()
  else window.history.replaceState(null, '', next.href)
  if (href !== null) window.dispatchEvent(new HashChangeEvent('hashchange'))
}

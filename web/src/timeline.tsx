import type { ReactElement } from 'react'
import { formatDuration } from '../../src/domain/duration.ts'
import type { ReportRun } from '../../src/domain/report.ts'
import { Chart } from './charts/chart.tsx'
import { Marker } from './charts/marker.tsx'
import { markShapes, planTimelinePlot } from './charts/timeline-plot.tsx'
import { planTimelineRows, tabulateTimeline, type TimelineRows } from './charts/timeline-rows.ts'

/** One chart per attempt: its phases, and of the last one what its agent did and used. */
export function Timeline({ run }: { readonly run: ReportRun }): ReactElement {
  if (run.attempts.length === 0) return <p className="empty">Not started.</p>
  return (
    <ol className="timeline">
      {run.attempts.map(({ number, why, outcome }, index) => (
        <li key={number}>
          {(run.attempts.length > 1 || outcome !== null) && (
            <p>
              attempt {number}
              {index > 0 && (
                <>
                  {' '}
                  because of <code>{why}</code>
                </>
              )}
              {outcome !== null && (
                <>
                  {' '}
                  ended as <code>{outcome.reason}</code>: {outcome.detail}
                </>
              )}
            </p>
          )}
          <AttemptChart run={run} attempt={number} />
        </li>
      ))}
    </ol>
  )
}

function AttemptChart({ run, attempt }: { readonly run: ReportRun; readonly attempt: number }): ReactElement {
  const rows = planTimelineRows(run, attempt)
  if (rows.phases.length === 0) return <p className="empty">No phase has begun.</p>
  const { samples } = run.monitor
  return (
    <Chart
      name={`Timeline of attempt ${attempt}`}
      file={`timeline-${run.id}-${attempt}`}
      hint={
        rows.panels.length === 0
          ? 'time since the start'
          : `time since the agent was started · ${samples.toLocaleString('en')} samples of what it used`
      }
      table={tabulateTimeline(rows)}
      plan={(width) => planTimelinePlot(width, rows)}
    >
      <TimelineKey rows={rows} />
    </Chart>
  )
}

function TimelineKey({ rows }: { readonly rows: TimelineRows }): ReactElement {
  const kinds = [...new Set(rows.marks.map(({ kind }) => kind))]
  return (
    <ul className="key">
      {rows.phases.map(({ phase, from, to, open }) => (
        <li key={phase}>
          <svg width="10" height="10" aria-hidden="true">
            <rect className={`phase ${phase}`} width="10" height="10" rx="2" />
          </svg>
          {phase} <b>{open ? 'not ended' : formatDuration(to - from)}</b>
        </li>
      ))}
      {rows.budgetMs !== null && rows.budgetMs <= rows.span[1] && (
        <li>
          <svg width="8" height="14" aria-hidden="true">
            <line className="deadline-line" x1="4" x2="4" y1="0" y2="14" />
          </svg>
          end of the budget
        </li>
      )}
      {kinds.map((kind) => (
        <li key={kind}>
          <svg width="12" height="12" aria-hidden="true">
            <Marker className={`event ${kind}`} shape={markShapes[kind]} x={6} y={6} radius={4.5} />
          </svg>
          {kind.replaceAll('_', '-')}
        </li>
      ))}
    </ul>
  )
}

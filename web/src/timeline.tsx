import type { ReactElement } from 'react'
import type { ReportRun } from '../../src/domain/report.ts'
import { formatDuration } from '../../src/domain/duration.ts'

type Span = ReportRun['timeline'][number]

/** One bar per attempt: its phases one after the other, as wide as they were long. */
export function Timeline({ run }: { readonly run: ReportRun }): ReactElement {
  if (run.attempts.length === 0) return <p className="empty">Not started.</p>
  const totals = run.attempts.map(({ number }) => sumOf(spansOf(run, number)))
  const longest = Math.max(1, ...totals)
  return (
    <ol className="timeline">
      {run.attempts.map(({ number, why, outcome }, index) => {
        const spans = spansOf(run, number)
        return (
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
            <div
              className="bar"
              style={{ width: `${Math.max(12, (100 * (totals[index] ?? 0)) / longest)}%` }}
              aria-hidden="true"
            >
              {spans.map((span) => (
                <span
                  key={span.phase}
                  className={`segment ${span.phase}${span.endedAt === null ? ' open' : ''}`}
                  style={{ flexGrow: durationOf(span) }}
                />
              ))}
            </div>
            <ul className="legend">
              {spans.map((span) => (
                <li key={span.phase}>
                  <span className={`swatch ${span.phase}`} aria-hidden="true" />
                  {span.phase} <b>{span.endedAt === null ? 'not ended' : formatDuration(durationOf(span))}</b>
                </li>
              ))}
            </ul>
          </li>
        )
      })}
    </ol>
  )
}

function spansOf(run: ReportRun, attempt: number): Span[] {
  return run.timeline.filter((span) => span.attempt === attempt)
}

function durationOf({ startedAt, endedAt }: Span): number {
  if (endedAt === null) return 1000
  return Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) || 0
}

function sumOf(spans: readonly Span[]): number {
  return spans.reduce((sum, span) => sum + durationOf(span), 0)
}

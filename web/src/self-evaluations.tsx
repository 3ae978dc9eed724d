import type { ReactElement } from 'react'
import type { ReportRun } from '../../src/domain/report.ts'
import { formatDuration } from '../../src/domain/duration.ts'
import { formatScore } from './format.ts'

/** The agent's own evaluations over its time: the way to the score. */
export function SelfEvaluations({ run }: { readonly run: ReportRun }): ReactElement {
  const { selfEvaluations: points } = run
  const last = points.at(-1)
  if (last === undefined) return <p className="empty">The agent did not evaluate on the way.</p>
  const span = Math.max(1, run.solve?.durationMs ?? 0, last.elapsedMs)
  const best = Math.max(...points.map(({ accuracy }) => accuracy))
  const x = (elapsedMs: number): string => `${(6 + (92 * elapsedMs) / span).toFixed(2)}%`
  const y = (accuracy: number): number => 88 - 80 * accuracy
  return (
    <figure className="self">
      <svg height="96" role="img" aria-label={`${points.length} self-evaluations, best ${formatScore(best)}`}>
        {[0, 0.5, 1].map((tick) => (
          <g key={tick}>
            <line className="grid" x1="26" x2="100%" y1={y(tick)} y2={y(tick)} />
            <text x="20" y={y(tick) + 4} textAnchor="end">
              {tick}
            </text>
          </g>
        ))}
        {points.map(({ elapsedMs, accuracy, stderr }) => (
          <g key={elapsedMs}>
            <line
              className="interval"
              x1={x(elapsedMs)}
              x2={x(elapsedMs)}
              y1={y(Math.min(1, accuracy + 1.96 * stderr))}
              y2={y(Math.max(0, accuracy - 1.96 * stderr))}
            />
            <circle className="dot" cx={x(elapsedMs)} cy={y(accuracy)} r="3.5" />
          </g>
        ))}
      </svg>
      <figcaption>
        {points.length === 1 ? 'one evaluation' : `${points.length} evaluations`} of its own within{' '}
        {formatDuration(span)}; last {formatScore(last.accuracy)} on {last.items} items, best{' '}
        {formatScore(best)}
      </figcaption>
    </figure>
  )
}

import type { ReactElement } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import type { Leaderboard } from '../../src/domain/leaderboard.ts'
import { mergeBaselines, tabulateBoard } from './board-rows.ts'
import { renderCsv } from './charts/csv.ts'
import { renderSvg, saveText } from './charts/download.ts'
import { createScale } from './charts/ticks.ts'
import { formatScore } from './format.ts'
import { planAxis } from './interval-mark.tsx'

/** The leaderboard's marks stand in a table; as a picture of their own they are drawn when somebody wants it. */
export function BoardTools({ board }: { readonly board: Leaderboard }): ReactElement {
  return (
    <div className="tools">
      <button
        type="button"
        onClick={() => saveText('leaderboard.csv', 'text/csv', renderCsv(tabulateBoard(board)))}
      >
        CSV<span className="hidden"> of the leaderboard</span>
      </button>
      <button type="button" onClick={() => saveText('leaderboard.svg', 'image/svg+xml', drawBoard(board))}>
        SVG<span className="hidden"> of the leaderboard</span>
      </button>
    </div>
  )
}

function drawBoard(board: Leaderboard): string {
  const place = document.createElement('div')
  place.className = 'offstage'
  document.body.append(place)
  const root = createRoot(place)
  try {
    flushSync(() => root.render(<BoardPicture board={board} />))
    const svg = place.querySelector('svg')
    return svg === null ? '' : renderSvg(svg, 'Leaderboard: scores with 95 % intervals')
  } finally {
    root.unmount()
    place.remove()
  }
}

const width = 760
const rowHeight = 24

function BoardPicture({ board }: { readonly board: Leaderboard }): ReactElement {
  const rows = mergeBaselines(board)
  const axis = planAxis(rows.flatMap(({ score }) => (score === null ? [] : [score.high])))
  const x = createScale([0, axis.max], [230, width - 24])
  const height = 44 + rows.length * rowHeight
  return (
    <svg width={width} height={height}>
      {axis.ticks.map((tick) => (
        <g key={tick}>
          <line className="grid" x1={x(tick)} x2={x(tick)} y1="28" y2={height - 12} />
          <text className="tick" x={x(tick)} y="20" textAnchor="middle">
            {tick}
          </text>
        </g>
      ))}
      {rows.map((row, index) => {
        const y = 42 + index * rowHeight
        const kind = row.kind === 'baseline' ? 'baseline' : row.complete ? 'agent' : 'incomplete'
        return (
          <g key={row.id} className={`mark ${kind}`}>
            <text className="label" x="8" y={y + 4}>
              {row.kind === 'agent' ? `${row.rank ?? '–'}  ` : '·  '}
              {row.label.length > 24 ? `${row.label.slice(0, 23)}…` : row.label}
            </text>
            <text className="label" x="214" y={y + 4} textAnchor="end">
              {formatScore(row.score?.value ?? null)}
            </text>
            {row.score !== null && (
              <>
                <line className="interval" x1={x(row.score.low)} x2={x(row.score.high)} y1={y} y2={y} />
                <circle className="dot" cx={x(row.score.value)} cy={y} r="5" />
              </>
            )}
          </g>
        )
      })}
    </svg>
  )
}

import { useEffect, useId, useRef, useState, type ReactElement, type ReactNode } from 'react'
import { renderCsv, type ChartTable } from './csv.ts'
import { renderSvg, saveText } from './download.ts'

/** Something in a plot that can be read off: by pointing at it, or with the arrow keys. */
export interface PlotPoint {
  readonly x: number
  readonly y: number
  readonly series: number
  readonly text: string
  /** Where it leads. */
  readonly href?: string
}

export interface Plot {
  readonly height: number
  readonly points: readonly PlotPoint[]
  readonly draw: (active: PlotPoint | null) => ReactNode
}

export interface ChartProps {
  /** Says what is drawn, for those who do not see it. */
  readonly name: string
  /** Of downloads, without extension. */
  readonly file: string
  /** Shown until a point is read. */
  readonly hint: string
  readonly table: ChartTable
  readonly plan: (width: number) => Plot
  readonly children?: ReactNode
}

/** A drawing with its tools: read-out, data table, downloads. The same for every chart of the page. */
export function Chart({ name, file, hint, table, plan, children }: ChartProps): ReactElement {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const [active, setActive] = useState<number | null>(null)
  const [open, setOpen] = useState(false)
  const tableId = useId()
  const plot = width === 0 ? null : plan(width)
  const points = plot?.points ?? []
  const point = active === null ? null : (points[active] ?? null)
  const readoutId = useId()
  return (
    <figure className="chart">
      <div className="chart-head">
        <p className={point === null ? 'readout hint' : 'readout'} id={readoutId} role="status">
          {point === null ? hint : <bdi>{point.text}</bdi>}
        </p>
        <div className="tools">
          <button type="button" aria-expanded={open} aria-controls={tableId} onClick={() => setOpen(!open)}>
            table<span className="hidden"> of {name}</span>
          </button>
          <button type="button" onClick={() => saveText(`${file}.csv`, 'text/csv', renderCsv(table))}>
            CSV<span className="hidden"> of {name}</span>
          </button>
          <button
            type="button"
            onClick={() => {
              const svg = frame.current?.querySelector('svg')
              if (svg) saveText(`${file}.svg`, 'image/svg+xml', renderSvg(svg, name))
            }}
          >
            SVG<span className="hidden"> of {name}</span>
          </button>
        </div>
      </div>
      <div
        ref={frame}
        className={point?.href === undefined ? 'plot' : 'plot leads'}
        tabIndex={0}
        role="application"
        aria-roledescription="chart"
        aria-label={`${name}. ${points.length === 0 ? 'Nothing to read.' : 'Arrow keys read the points.'}`}
        aria-describedby={readoutId}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          setActive(nearest(points, event.clientX - box.left, event.clientY - box.top))
        }}
        onPointerLeave={() => setActive(null)}
        onBlur={() => setActive(null)}
        onClick={() => follow(point)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') follow(point)
          const next = step(points, active, event.key)
          if (next === null) return
          event.preventDefault()
          event.stopPropagation()
          setActive(next)
        }}
      >
        {plot !== null && (
          <svg width={width} height={plot.height} aria-hidden="true">
            {plot.draw(point)}
          </svg>
        )}
      </div>
      {children}
      <div id={tableId} hidden={!open} className="chart-table" tabIndex={0} role="region" aria-label={name}>
        {open && <DataTable table={table} />}
      </div>
    </figure>
  )
}

function follow(point: PlotPoint | null): void {
  if (point?.href !== undefined) window.location.hash = point.href
}

const reachPx = 28

function nearest(points: readonly PlotPoint[], x: number, y: number): number | null {
  let best: number | null = null
  let bestDistance = reachPx
  for (const [index, point] of points.entries()) {
    const distance = Math.hypot(point.x - x, point.y - y)
    if (distance >= bestDistance) continue
    best = index
    bestDistance = distance
  }
  return best
}

/** Left and right along a series, up and down to the nearest point of the next one, Home and End to its ends. */
function step(points: readonly PlotPoint[], active: number | null, key: string): number | null {
  const moves = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End']
  if (!moves.includes(key) || points.length === 0) return null
  const current = active === null ? undefined : points[active]
  if (current === undefined) return 0
  const own = indexesOf(points, current.series)
  const place = own.indexOf(active ?? 0)
  switch (key) {
    case 'ArrowLeft':
      return own[Math.max(0, place - 1)] ?? null
    case 'ArrowRight':
      return own[Math.min(own.length - 1, place + 1)] ?? null
    case 'Home':
      return own[0] ?? null
    case 'End':
      return own.at(-1) ?? null
    default: {
      const series = [...new Set(points.map((point) => point.series))].sort((a, b) => a - b)
      const at = series.indexOf(current.series) + (key === 'ArrowDown' ? 1 : series.length - 1)
      const others = indexesOf(points, series[at % series.length] ?? 0)
      const distance = (index: number): number => Math.abs((points[index]?.x ?? 0) - current.x)
      return others.toSorted((a, b) => distance(a) - distance(b))[0] ?? null
    }
  }
}

function indexesOf(points: readonly PlotPoint[], series: number): number[] {
  return points
    .flatMap((point, index) => (point.series === series ? [index] : []))
    .sort((a, b) => (points[a]?.x ?? 0) - (points[b]?.x ?? 0))
}

function useWidth(element: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const { current } = element
    if (current === null) return undefined
    const measure = (): void => setWidth(Math.floor(current.clientWidth))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(current)
    return () => observer.disconnect()
  }, [element])
  return width
}

function DataTable({ table }: { readonly table: ChartTable }): ReactElement {
  return (
    <table>
      <thead>
        <tr>
          {table.columns.map((column) => (
            <th scope="col" key={column}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          // rows have no name of their own, and never move
          <tr key={index}>
            {row.map((value, column) => (
              <td key={table.columns[column]} className={typeof value === 'number' ? 'number' : ''}>
                {value}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

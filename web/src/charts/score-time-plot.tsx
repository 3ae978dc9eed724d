import type { ReactElement } from 'react'
import { runHref } from '../run-route.ts'
import type { Plot, PlotPoint } from './chart.tsx'
import { linePath, Marker, round, styleOf } from './marker.tsx'
import {
  budgetMs,
  describeCounted,
  describePoint,
  z95,
  type Reference,
  type ScorePoint,
  type ScoreSeries,
} from './score-series.ts'
import { createScale, formatTick, niceTicks, placeLabels, timeTicks, type Scale } from './ticks.ts'

export type TimeUnit = 'time' | 'share'

export interface ScoreTimeOptions {
  readonly series: readonly ScoreSeries[]
  readonly references: readonly Reference[]
  readonly unit: TimeUnit
  /** Alone, a run needs no name beside it but its numbers of items. */
  readonly alone?: true
}

interface PlacedSeries {
  readonly series: ScoreSeries
  readonly index: number
  readonly at: (point: ScorePoint) => readonly [number, number]
}

const labelHeight = 14

/** Score against the agent's time: self-evaluations, then the final score with its interval. */
export function planScoreTimePlot(width: number, options: ScoreTimeOptions): Plot {
  const { series, references, unit, alone } = options
  const labelWidth = Math.max(96, Math.min(210, Math.round(width * 0.2)))
  const plotHeight = alone
    ? 150
    : Math.max(width < 600 ? 240 : 300, (series.length + references.length) * labelHeight)
  const box = { left: 34, right: width - labelWidth, top: 12, bottom: 12 + plotHeight }
  const most = Math.max(
    0.05,
    ...references.map(({ value }) => value),
    ...series.flatMap((one) => [...one.points, one.final].map((point) => upperOf(point))),
  )
  const ticks = niceTicks(Math.min(1, most), 5)
  const y = createScale([0, ticks.at(-1) ?? 1], [box.bottom, box.top])
  const longest = Math.max(1, ...series.map(({ run }) => Math.max(budgetMs(run), run.solve?.durationMs ?? 0)))
  const x =
    unit === 'time'
      ? createScale([0, longest], [box.left, box.right])
      : createScale([0, 1], [box.left, box.right])
  const placed = series.map((one, index): PlacedSeries => ({
    series: one,
    index,
    at: ({ elapsedMs, accuracy }) => [
      Math.min(box.right, x(unit === 'time' ? elapsedMs : elapsedMs / budgetMs(one.run))),
      y(accuracy),
    ],
  }))
  const across =
    unit === 'time'
      ? timeTicks(longest, width < 600 ? 4 : 8).map((ms) => ({ place: x(ms), label: formatTick(ms) }))
      : [0, 0.25, 0.5, 0.75, 1].map((share) => ({ place: x(share), label: `${share * 100} %` }))
  const labels = planLabels(alone ? [] : placed, references, y, box)
  return {
    height: box.bottom + 36,
    points: placed.flatMap((one) => readablePoints(one, y)),
    draw: (active) => (
      <>
        {ticks.map((tick) => (
          <g key={tick}>
            <line className="grid" x1={box.left} x2={box.right} y1={y(tick)} y2={y(tick)} />
            <text className="tick" x={box.left - 6} y={y(tick) + 4} textAnchor="end">
              {Number(tick.toFixed(3))}
            </text>
          </g>
        ))}
        {across.map(({ place, label }) => (
          <g key={label}>
            <line className="grid faint" x1={place} x2={place} y1={box.top} y2={box.bottom + 4} />
            <text className="tick" x={place} y={box.bottom + 17} textAnchor="middle">
              {label}
            </text>
          </g>
        ))}
        <text className="tick" x={box.right} y={box.bottom + 32} textAnchor="end">
          {unit === 'time' ? 'the agent’s time' : 'share of the agent’s time budget'}
        </text>
        {references.map(({ label, value }) => (
          <line key={label} className="reference" x1={box.left} x2={box.right} y1={y(value)} y2={y(value)} />
        ))}
        {placed
          .toSorted((a, b) => Number(a.index === active?.series) - Number(b.index === active?.series))
          .map((one) => (
            <SeriesMarks
              key={one.series.run.id}
              placed={one}
              y={y}
              alone={alone === true}
              state={active === null ? 'plain' : active.series === one.index ? 'active' : 'dimmed'}
            />
          ))}
        {labels.map((label) => (
          <LabelMark
            key={label.key}
            label={label}
            left={box.right}
            room={labelWidth - 24}
            dimmed={active !== null && label.index !== null && label.index !== active.series}
          />
        ))}
        {active !== null && <circle className="cursor" cx={active.x} cy={active.y} r="8" />}
      </>
    ),
  }
}

function upperOf(point: ScorePoint | null): number {
  return point === null ? 0 : point.accuracy + z95 * point.stderr
}

function readablePoints({ series, index, at }: PlacedSeries, y: Scale): PlotPoint[] {
  const href = runHref(series.run.id)
  const own = [...series.points, ...(series.final === null ? [] : [series.final])].map((point) => {
    const [px, py] = at(point)
    return { x: px, y: py, series: index, text: describePoint(series, point), href }
  })
  if (series.counted === null) return own
  const [px] = at(endOf(series))
  const counted = { x: px, y: y(series.counted), series: index, text: describeCounted(series), href }
  return [...own, counted]
}

/** Where the agent's time ended, whatever came of it. */
function endOf({ final, counted, run }: ScoreSeries): ScorePoint {
  return final ?? { elapsedMs: run.solve?.durationMs ?? 0, accuracy: counted ?? 0, stderr: 0, items: 0 }
}

function SeriesMarks(props: {
  readonly placed: PlacedSeries
  readonly y: Scale
  readonly alone: boolean
  readonly state: 'plain' | 'active' | 'dimmed'
}): ReactElement {
  const { placed, y, alone, state } = props
  const { series, at } = placed
  const { points, final, counted } = series
  const { className, shape } = styleOf(series.style)
  const most = Math.max(1, final?.items ?? 0, ...points.map(({ items }) => items))
  const path = [...points, ...(final === null ? [] : [final])].map(at)
  const fate = series.counts === 'own' ? 'counting' : 'not-counting'
  const [endX, endY] = at(endOf(series))
  return (
    <g className={`${className} ${fate} ${state}`}>
      {points.map((point, index) => {
        const [px] = at(point)
        return <Whisker key={index} point={point} x={px} y={y} className="whisker faint" />
      })}
      <path className="way" d={linePath(path)} />
      {points.map((point, index) => {
        const [px, py] = at(point)
        const radius = 2 + 2.5 * Math.sqrt(point.items / most)
        return (
          <g key={index}>
            <Marker className="mark-fill" shape={shape} x={px} y={py} radius={round(radius)} />
            {alone && hasRoom(placed, index) && (
              <text className="tick" x={px} y={py - 8} textAnchor="middle">
                {point.items}
              </text>
            )}
          </g>
        )
      })}
      {counted !== null && (
        <>
          <path
            className="fall"
            d={linePath([
              [endX, endY],
              [endX, y(counted)],
            ])}
          />
          <circle className="mark-open" cx={round(endX)} cy={round(y(counted))} r="4" />
        </>
      )}
      {final !== null && (
        <>
          <Whisker point={final} x={endX} y={y} className="whisker" />
          {series.counts === 'own' ? (
            <Marker className="mark-final" shape={shape} x={endX} y={endY} radius={6.5} />
          ) : (
            <path className="mark-void" d={`M${round(endX - 5)} ${round(endY - 5)}l10 10m0 -10l-10 10`} />
          )}
        </>
      )}
    </g>
  )
}

/** A number over every point would be a smear where many stand close together. */
function hasRoom({ series, at }: PlacedSeries, index: number): boolean {
  const place = (point: ScorePoint | undefined): number => (point === undefined ? -Infinity : at(point)[0])
  const room = 26
  let lastShown = -Infinity
  for (const [other, point] of series.points.entries()) {
    const shows = place(point) - lastShown >= room
    if (other === index) return shows
    if (shows) lastShown = place(point)
  }
  return false
}

function Whisker(props: {
  readonly point: ScorePoint
  readonly x: number
  readonly y: Scale
  readonly className: string
}): ReactElement {
  const { point, x, y, className } = props
  const low = y(Math.max(0, point.accuracy - z95 * point.stderr))
  const high = y(Math.min(1, point.accuracy + z95 * point.stderr))
  return <line className={className} x1={round(x)} x2={round(x)} y1={round(low)} y2={round(high)} />
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

interface PlacedLabel {
  readonly key: string
  readonly text: string
  /** `null` for a reference. */
  readonly index: number | null
  readonly series: ScoreSeries | null
  /** Where its line ends, and where the label stands. */
  readonly from: readonly [number, number]
  readonly place: number
}

/** Names of runs and references in one column, moved apart where they would overlap. */
function planLabels(
  placed: readonly PlacedSeries[],
  references: readonly Reference[],
  y: Scale,
  box: Box,
): PlacedLabel[] {
  const wanted: readonly Omit<PlacedLabel, 'place'>[] = [
    ...references.map(({ label, value }) => ({
      key: `reference ${label}`,
      text: label,
      index: null,
      series: null,
      from: [box.right, y(value)] as const,
    })),
    ...placed.map(({ series, index, at }) => ({
      key: series.run.id,
      text: series.label,
      index,
      series,
      from: labelEnd(series, at, y),
    })),
  ]
  const places = placeLabels(
    wanted.map(({ from }) => from[1]),
    { gap: labelHeight, low: box.top, high: box.bottom },
  )
  return wanted.map((label, index) => ({ ...label, place: places[index] ?? box.top }))
}

function labelEnd(series: ScoreSeries, at: PlacedSeries['at'], y: Scale): readonly [number, number] {
  if (series.counted !== null) return [at(endOf(series))[0], y(series.counted)]
  return at(series.final ?? series.points.at(-1) ?? endOf(series))
}

function LabelMark(props: {
  readonly label: PlacedLabel
  readonly left: number
  readonly room: number
  readonly dimmed: boolean
}): ReactElement {
  const { label, left, room, dimmed } = props
  const { series, from, place, text } = label
  const leader = linePath([from, [left + 2, from[1]], [left + 11, place]])
  if (series === null)
    return (
      <g>
        <path className="leader plain" d={leader} />
        <text className="reference-label" x={left + 14} y={place + 4}>
          {shorten(text, room + 10)}
        </text>
      </g>
    )
  const { className, shape } = styleOf(series.style)
  const counts = series.counts === 'own'
  return (
    <g className={`${className}${dimmed ? ' dimmed' : ''}`}>
      <path className="leader" d={leader} />
      <Marker className="mark-fill" shape={shape} x={left + 17} y={place} radius={3.5} />
      <text className={counts ? 'label' : 'label not-counted'} x={left + 25} y={place + 4}>
        {counts ? shorten(text, room) : `${shorten(text, room - 14)} ✕`}
      </text>
    </g>
  )
}

function shorten(text: string, width: number): string {
  const room = Math.max(3, Math.floor(width / 6.6))
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`
}

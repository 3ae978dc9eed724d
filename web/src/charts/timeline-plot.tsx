import type { ReactElement } from 'react'
import type { Plot, PlotPoint } from './chart.tsx'
import { linePath, Marker, round, type Shape } from './marker.tsx'
import { createScale, formatTick, niceTicks, timeTicks, type Scale } from './ticks.ts'
import { describeSpan, formatOffset, type TimelineMark, type TimelineRows } from './timeline-rows.ts'

type Panel = TimelineRows['panels'][number]

const left = 62
const panelHeight = 52
const panelGap = 22

export const markShapes: Readonly<Record<TimelineMark, Shape>> = {
  self_evaluation: 'circle',
  turn: 'triangle',
  limit: 'cross',
  deadline: 'down',
  cancel: 'square',
  notice: 'pentagon',
  exit: 'diamond',
  failed: 'plus',
}

/** Phases, turns, marks and curves over one axis of time. */
export function planTimelinePlot(width: number, rows: TimelineRows): Plot {
  const right = width - 10
  const x = createScale(rows.span, [left, right])
  const lines = { phases: 4, turns: 26, marks: rows.turns.length > 0 ? 46 : 26 }
  const firstPanel = lines.marks + (rows.marks.length > 0 ? 22 : 2) + 14
  const panels = rows.panels.map((panel, index) =>
    placePanel(panel, firstPanel + index * (panelHeight + panelGap), x),
  )
  const bottom =
    rows.panels.length === 0
      ? firstPanel - 10
      : firstPanel + rows.panels.length * (panelHeight + panelGap) - panelGap
  const ticks = timeTicks(rows.span[1], width < 600 ? 4 : 8)
  const atMarks = lines.marks + 9
  return {
    height: bottom + 24,
    points: [
      ...rows.phases.map(({ phase, from, to, open }): PlotPoint => ({
        x: x((from + to) / 2),
        y: lines.phases + 8,
        series: 0,
        text: open ? `${phase} · not ended` : describeSpan(phase, from, to),
      })),
      ...rows.turns.map(({ turn, from, to }): PlotPoint => ({
        x: x((from + to) / 2),
        y: lines.turns + 6,
        series: 1,
        text: describeSpan(`turn ${turn}`, from, to),
      })),
      ...rows.marks.map(({ ms, kind, text }): PlotPoint => ({
        x: x(ms),
        y: atMarks,
        series: 2,
        text: `${formatOffset(ms)} · ${kind.replaceAll('_', '-')}${text === '' ? '' : `: ${text}`}`,
      })),
      ...panels.flatMap(({ points }, index) =>
        points.map((point) => ({ ...point, series: 3 + 2 * index + point.series })),
      ),
    ],
    draw: (active) => (
      <>
        {ticks.map((ms) => (
          <g key={ms}>
            <line className="grid faint" x1={x(ms)} x2={x(ms)} y1={lines.phases} y2={bottom + 4} />
            <text className="tick" x={x(ms)} y={bottom + 17} textAnchor="middle">
              {formatTick(ms)}
            </text>
          </g>
        ))}
        <RowTitle y={lines.phases + 12} text="phases" />
        {rows.phases.map(({ phase, from, to, open }) => (
          <rect
            key={phase}
            className={`phase ${phase}${open ? ' open' : ''}`}
            x={round(x(from))}
            y={lines.phases}
            width={Math.max(2, round(x(to) - x(from)) - 1)}
            height="16"
            rx="2"
          />
        ))}
        {rows.turns.length > 0 && <RowTitle y={lines.turns + 10} text="turns" />}
        {rows.turns.map(({ turn, from, to }) => (
          <g key={turn}>
            <rect
              className="turn"
              x={round(x(from))}
              y={lines.turns}
              width={Math.max(2, round(x(to) - x(from)) - 1)}
              height="12"
              rx="2"
            />
            {x(to) - x(from) > 22 && (
              <text className="tick" x={x(from) + 5} y={lines.turns + 10}>
                {turn}
              </text>
            )}
          </g>
        ))}
        {rows.budgetMs !== null && rows.budgetMs <= rows.span[1] && (
          <line
            className="deadline-line"
            x1={x(rows.budgetMs)}
            x2={x(rows.budgetMs)}
            y1={lines.phases - 2}
            y2={bottom}
          />
        )}
        {rows.marks.length > 0 && <RowTitle y={atMarks + 4} text="events" />}
        {rows.marks.map(({ kind, ms }, index) => (
          <Marker
            key={index}
            className={`event ${kind}`}
            shape={markShapes[kind]}
            x={x(ms)}
            y={atMarks}
            radius={4.5}
          />
        ))}
        {panels.map((panel) => panel.draw(right))}
        {active !== null && (
          <>
            <line className="hairline" x1={active.x} x2={active.x} y1={lines.phases} y2={bottom} />
            <circle className="cursor" cx={active.x} cy={active.y} r="6" />
          </>
        )}
      </>
    ),
  }
}

function RowTitle({ y, text }: { readonly y: number; readonly text: string }): ReactElement {
  return (
    <text className="tick" x="0" y={y}>
      {text}
    </text>
  )
}

interface PlacedPanel {
  readonly points: readonly PlotPoint[]
  readonly draw: (right: number) => ReactElement
}

/** A limit far above what was used would press the curve flat: then it is only named. */
const reachOfLimit = 2.5

function placePanel(panel: Panel, top: number, x: Scale): PlacedPanel {
  const bottom = top + panelHeight
  const peak = Math.max(0, ...panel.curves.flatMap(({ points }) => points.map(([, value]) => value)))
  const { limit } = panel
  const near = limit !== null && limit.value <= Math.max(peak, Number.MIN_VALUE) * reachOfLimit
  const highest = near ? Math.max(peak, limit.value) : peak
  const unit = panel.bytes ? 1024 ** Math.floor(Math.log2(Math.max(1, highest)) / 10) : 1
  const max = unit * (niceTicks(highest / unit, 2).at(-1) ?? 1)
  const y = createScale([0, max], [bottom, top])
  const placed = panel.curves.map((curve) => ({
    ...curve,
    places: curve.points.map(([ms, value]) => [x(ms), y(value)] as const),
  }))
  return {
    points: placed.flatMap(({ label, points, places }, series) =>
      points.map(([ms, value], index) => ({
        x: places[index]?.[0] ?? 0,
        y: places[index]?.[1] ?? 0,
        series,
        text: `${formatOffset(ms)} · ${panel.title}${label === panel.title ? '' : ` ${label}`} ${panel.format(value)}`,
      })),
    ),
    draw: (right) => (
      <g key={panel.title}>
        <text className="row-title" x={left} y={top - 6}>
          {panel.title}
          {panel.curves.length > 1 && <tspan className="aside"> · dashed: of others</tspan>}
          {limit !== null && !near && <tspan className="aside"> · {limit.label}, off the scale</tspan>}
        </text>
        <line className="grid" x1={left} x2={right} y1={top} y2={top} />
        <line className="grid" x1={left} x2={right} y1={bottom} y2={bottom} />
        <text className="tick" x={left - 6} y={top + 5} textAnchor="end">
          {panel.format(max)}
        </text>
        <text className="tick" x={left - 6} y={bottom + 3} textAnchor="end">
          0
        </text>
        {placed.map(({ label, other, places }) => (
          <g key={label} className={other ? 'curve other' : 'curve'}>
            {!other && <path className="area" d={areaPath(places, bottom)} />}
            <path className="line" d={linePath(places)} />
          </g>
        ))}
        {limit !== null && near && (
          <>
            <line className="limit" x1={left} x2={right} y1={y(limit.value)} y2={y(limit.value)} />
            <text className="limit-label halo" x={right} y={y(limit.value) - 4} textAnchor="end">
              {limit.label}
            </text>
          </>
        )}
      </g>
    ),
  }
}

function areaPath(places: readonly (readonly [number, number])[], bottom: number): string {
  const [first] = places
  const last = places.at(-1)
  if (first === undefined || last === undefined) return ''
  return `${linePath([[first[0], bottom], ...places, [last[0], bottom]])}Z`
}

import type { ReactElement } from 'react'
import type { Estimate } from '../../src/domain/leaderboard.ts'

export interface Axis {
  readonly max: number
  readonly ticks: readonly number[]
}

/** From 0 to a round number at or above the largest value, never beyond 1. */
export function planAxis(values: readonly number[]): Axis {
  const largest = Math.max(0.05, ...values)
  const step = [0.02, 0.05, 0.1, 0.2, 0.25].find((candidate) => largest / candidate <= 5.2) ?? 0.25
  const max = Math.min(1, Math.ceil(largest / step - 1e-9) * step)
  const count = Math.round(max / step)
  return { max, ticks: Array.from({ length: count + 1 }, (_, index) => Number((index * step).toFixed(4))) }
}

export function percentOf(value: number, axis: Axis): string {
  return `${(100 * Math.min(1, Math.max(0, value / axis.max))).toFixed(2)}%`
}

export type MarkKind = 'agent' | 'baseline' | 'incomplete'

/** A dot on its interval, over the lines of the axis and of the references. */
export function IntervalMark(props: {
  readonly axis: Axis
  readonly estimate: Estimate | null
  readonly kind: MarkKind
  readonly references?: readonly { readonly label: string; readonly value: number }[]
  readonly radius?: number
}): ReactElement {
  const { axis, estimate, kind, references = [], radius = 5 } = props
  return (
    <svg className={`mark ${kind}`} role="presentation" aria-hidden="true">
      {axis.ticks.map((tick) => (
        <line
          key={tick}
          className="grid"
          x1={percentOf(tick, axis)}
          x2={percentOf(tick, axis)}
          y1="0"
          y2="100%"
        />
      ))}
      {references.map(({ label, value }) => (
        <line
          key={label}
          className="reference"
          x1={percentOf(value, axis)}
          x2={percentOf(value, axis)}
          y1="0"
          y2="100%"
        />
      ))}
      {estimate !== null && (
        <>
          <line
            className="interval"
            x1={percentOf(estimate.low, axis)}
            x2={percentOf(estimate.high, axis)}
            y1="50%"
            y2="50%"
          />
          <circle className="dot" cx={percentOf(estimate.value, axis)} cy="50%" r={radius} />
        </>
      )}
    </svg>
  )
}

export function AxisLabels({ axis }: { readonly axis: Axis }): ReactElement {
  return (
    <svg className="axis" height="14" role="presentation" aria-hidden="true">
      {axis.ticks.map((tick) => (
        <text key={tick} x={percentOf(tick, axis)} y="11" textAnchor="middle">
          {tick}
        </text>
      ))}
    </svg>
  )
}

import type { ReactElement } from 'react'

/** Series differ by colour, dash and shape, so that none of the three alone carries the meaning. */
const shapes = ['circle', 'square', 'triangle', 'diamond', 'down', 'plus', 'cross', 'pentagon'] as const
export type Shape = (typeof shapes)[number]

export function styleOf(series: number): { readonly className: string; readonly shape: Shape } {
  const index = ((series % shapes.length) + shapes.length) % shapes.length
  return { className: `series s${index}`, shape: shapes[index] ?? 'circle' }
}

/** Outlines with the area of a circle of radius 1. */
const outlines: Readonly<Record<Exclude<Shape, 'circle'>, readonly (readonly [number, number])[]>> = {
  square: [
    [-0.89, -0.89],
    [0.89, -0.89],
    [0.89, 0.89],
    [-0.89, 0.89],
  ],
  triangle: [
    [0, -1.4],
    [1.25, 0.85],
    [-1.25, 0.85],
  ],
  diamond: [
    [0, -1.3],
    [1.3, 0],
    [0, 1.3],
    [-1.3, 0],
  ],
  down: [
    [0, 1.4],
    [1.25, -0.85],
    [-1.25, -0.85],
  ],
  plus: [
    [-0.45, -1.2],
    [0.45, -1.2],
    [0.45, -0.45],
    [1.2, -0.45],
    [1.2, 0.45],
    [0.45, 0.45],
    [0.45, 1.2],
    [-0.45, 1.2],
    [-0.45, 0.45],
    [-1.2, 0.45],
    [-1.2, -0.45],
    [-0.45, -0.45],
  ],
  cross: [
    [-1.2, -0.65],
    [-0.65, -1.2],
    [0, -0.55],
    [0.65, -1.2],
    [1.2, -0.65],
    [0.55, 0],
    [1.2, 0.65],
    [0.65, 1.2],
    [0, 0.55],
    [-0.65, 1.2],
    [-1.2, 0.65],
    [-0.55, 0],
  ],
  pentagon: [
    [0, -1.2],
    [1.14, -0.37],
    [0.71, 0.97],
    [-0.71, 0.97],
    [-1.14, -0.37],
  ],
}

export function Marker(props: {
  readonly shape: Shape
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly className: string
}): ReactElement {
  const { shape, x, y, radius, className } = props
  if (shape === 'circle') return <circle className={className} cx={round(x)} cy={round(y)} r={radius} />
  const points = outlines[shape].map(([dx, dy]) => `${round(x + dx * radius)},${round(y + dy * radius)}`)
  return <polygon className={className} points={points.join(' ')} />
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}

export function linePath(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('')
}

export interface Point {
  readonly x: number
  readonly y: number
}

/**
 * At most `limit` of the points, in their order: the lowest and the highest of each of equally long stretches, and the
 * first and last of all. A point that equals both its neighbours says nothing and goes first.
 */
export function thinPoints<T extends Point>(points: readonly T[], limit: number): T[] {
  const telling = points.filter(({ y }, index) => y !== points[index - 1]?.y || y !== points[index + 1]?.y)
  if (telling.length <= limit) return telling
  const inner = telling.slice(1, -1)
  const stretches = Math.max(1, Math.floor((limit - 2) / 2))
  const kept = Array.from({ length: stretches }, (_, index) => {
    const start = Math.floor((index * inner.length) / stretches)
    return extremesOf(inner.slice(start, Math.floor(((index + 1) * inner.length) / stretches)))
  })
  return [...telling.slice(0, 1), ...kept.flat(), ...telling.slice(-1)]
}

function extremesOf<T extends Point>(stretch: readonly T[]): T[] {
  let low = 0
  let high = 0
  for (const [index, { y }] of stretch.entries()) {
    if (y < (stretch[low]?.y ?? 0)) low = index
    if (y > (stretch[high]?.y ?? 0)) high = index
  }
  const chosen = low === high ? [low] : [Math.min(low, high), Math.max(low, high)]
  return chosen.flatMap((index) => stretch[index] ?? [])
}

/** Maps a value to a place. */
export type Scale = (value: number) => number

export function createScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [from, to] = domain
  const [start, end] = range
  const span = to - from || 1
  return (value) => start + ((value - from) / span) * (end - start)
}

/** Round numbers from 0 to the first at or above `max`, about `count` steps apart. */
export function niceTicks(max: number, count: number): number[] {
  const rough = (max > 0 ? max : 1) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough - 1e-12) ?? 10)
  const steps = Math.max(1, Math.ceil(max / step - 1e-9))
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const timeSteps = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * second),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * minute),
  ...[1, 2, 3, 6, 12, 24, 48, 120].map((hours) => hours * hour),
]

/** Times that people count in, from 0 to at most `maxMs`. */
export function timeTicks(maxMs: number, count: number): number[] {
  const step = timeSteps.find((candidate) => candidate * count >= maxMs) ?? 240 * hour
  return Array.from({ length: Math.floor(maxMs / step + 1e-9) + 1 }, (_, index) => index * step)
}

/** `0`, `30 s`, `1:30 min`, `2 h`: as short as the time allows. */
export function formatTick(ms: number): string {
  if (ms === 0) return '0'
  if (ms < minute) return `${ms / second} s`
  if (ms < hour) {
    const rest = Math.round((ms % minute) / second)
    return rest === 0
      ? `${ms / minute} min`
      : `${Math.floor(ms / minute)}:${String(rest).padStart(2, '0')} min`
  }
  const rest = Math.round((ms % hour) / minute)
  return rest === 0 ? `${ms / hour} h` : `${Math.floor(ms / hour)}:${String(rest).padStart(2, '0')} h`
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  const value = bytes / 2 ** (10 * power)
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${units[power] ?? ''}`
}

/**
 * Moves labels apart until none overlaps: each as near to its place as the others allow, in the same order, within the
 * bounds as far as they fit.
 */
export function placeLabels(
  places: readonly number[],
  { gap, low, high }: { readonly gap: number; readonly low: number; readonly high: number },
): number[] {
  const order = places.map((_, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0))
  const placed = order.map((index) => Math.min(high, Math.max(low, places[index] ?? 0)))
  for (let index = 1; index < placed.length; index++)
    placed[index] = Math.max(placed[index] ?? 0, (placed[index - 1] ?? 0) + gap)
  // what was pushed out at the end is pushed back from there
  for (let index = placed.length - 1, bound = high; index >= 0; index--, bound -= gap)
    placed[index] = Math.min(placed[index] ?? 0, Math.max(bound, low + index * gap))
  const result = [...places]
  for (const [rank, index] of order.entries()) result[index] = placed[rank] ?? 0
  return result
}

import { formatDuration } from '../../src/domain/duration.ts'

export function formatScore(score: number | null): string {
  return score === null ? '–' : score.toFixed(3)
}

export function formatInterval(low: number, high: number): string {
  return `${low.toFixed(2)} – ${high.toFixed(2)}`
}

export function formatHours(hours: number): string {
  return formatDuration(hours * 3_600_000)
}

/** `2026-01-05 09:10 UTC`: the same for every reader. */
export function formatTime(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Only finite numbers, at most four significant digits. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(4)))
}

export function formatScore(score: number | null): string {
  return score === null ? '–' : score.toFixed(3)
}

export function formatInterval(low: number, high: number): string {
  return `${low.toFixed(2)} – ${high.toFixed(2)}`
}

/** Two units at most: `45 s`, `3 min 20 s`, `9 h 58 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600)
    return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
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

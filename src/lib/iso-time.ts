/** A time as ISO 8601 in UTC, from such a text or from milliseconds since 1970; null where it is neither. */
export function isoTime(value: unknown): string | null {
  if (typeof value !== 'number' && (typeof value !== 'string' || !isoStart.test(value))) return null
  const time = new Date(value)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}

const isoStart = /^\d{4}-\d\d-\d\dT\d\d:\d\d/u

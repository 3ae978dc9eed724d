/** JSON whose shape nobody vouches for: what is there as expected is taken, and nothing else fails for what is not. */
export type JsonRecord = Readonly<Record<string, unknown>>

export function recordOf(value: unknown): JsonRecord | null {
  // a record by the checks before it
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : null
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Without the empty one: ids and names. */
export function nameOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** A number of things. */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** What is left of a record; null where that is nothing. */
export function without(record: JsonRecord, ...keys: readonly string[]): JsonRecord | null {
  const rest = Object.entries(record).filter(([key]) => !keys.includes(key))
  return rest.length === 0 ? null : Object.fromEntries(rest)
}

/** Parses an object that is nested no deeper than `depth`: JSON.parse reads any depth, nothing else does. */
export function parseRecord(text: string, depth = 100): JsonRecord | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  return isShallow(value, depth) ? recordOf(value) : null
}

function isShallow(value: unknown, depth: number): boolean {
  let level: readonly unknown[] = [value]
  for (let deep = 0; level.length > 0; deep += 1) {
    if (deep > depth) return false
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []))
  }
  return true
}

/** Cuts every long text in a value that is not nested deeply. */
export function shortenTexts(value: unknown, length: number): unknown {
  if (typeof value === 'string') return shorten(value, length)
  if (Array.isArray(value)) return value.map((one) => shortenTexts(one, length))
  const record = recordOf(value)
  if (record === null) return value
  return Object.fromEntries(Object.entries(record).map(([key, one]) => [key, shortenTexts(one, length)]))
}

export function shorten(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${ownCopy(text.slice(0, length))}… [${text.length - length} more characters]`
}

/** Of a part of a text: without it, the part keeps the whole in memory. */
export function ownCopy(part: string): string {
  return Buffer.from(part).toString()
}

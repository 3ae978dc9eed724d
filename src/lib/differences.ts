/** The fields in which two JSON values differ, one `path: old -> new` per line. */
export function renderDifferences(before: unknown, after: unknown, indent = '  '): string {
  return listDifferences(before, after, '')
    .map(({ path, old, now }) => `${indent}${path}: ${show(old)} -> ${show(now)}`)
    .join('\n')
}

interface Difference {
  readonly path: string
  readonly old: unknown
  readonly now: unknown
}

function listDifferences(before: unknown, after: unknown, path: string): Difference[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return keys.flatMap((key) =>
      listDifferences(before[key], after[key], path === '' ? key : `${path}.${key}`),
    )
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, old: before, now: after }]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function show(value: unknown): string {
  const text = value === undefined ? '(absent)' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

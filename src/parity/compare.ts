import type { PythonValue } from '../lib/python/value.ts'
import { isDict, isList } from '../lib/python/value.ts'

export interface CompareOptions {
  readonly ignored?: readonly string[]
  readonly tolerance?: number
}

/**
 * Where `got` differs from `expected`, as a path, or null. Of objects only the keys of `expected` are compared. Integers
 * and floats compare by value; `{"$float": "nan"}` stands for the number.
 */
export function findDifference(
  expected: PythonValue,
  got: unknown,
  { ignored = [], tolerance = 0 }: CompareOptions = {},
): string | null {
  return compareAt('', expected, got)

  function compareAt(path: string, wanted: PythonValue, value: unknown): string | null {
    const number = readNumber(wanted)
    if (number !== null) return numbersEqual(number, value, tolerance) ? null : path
    if (isList(wanted)) {
      if (!Array.isArray(value) || value.length !== wanted.length) return path
      return firstOf(wanted.map((item, index) => () => compareAt(`${path}[${index}]`, item, value[index])))
    }
    if (isDict(wanted)) {
      if (typeof value !== 'object' || value === null) return path
      const fields: ReadonlyMap<unknown, unknown> =
        value instanceof Map ? value : new Map<unknown, unknown>(Object.entries(value))
      return firstOf(
        [...wanted]
          .filter(([key]) => path !== '' || !ignored.includes(key))
          .map(([key, item]) => () => {
            const at = `${path}.${key}`
            return fields.has(key) ? compareAt(at, item, fields.get(key)) : at
          }),
      )
    }
    return wanted === value ? null : path
  }
}

function firstOf(checks: readonly (() => string | null)[]): string | null {
  for (const check of checks) {
    const path = check()
    if (path !== null) return path
  }
  return null
}

function readNumber(value: PythonValue): number | bigint | null {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value !== 'object' || value === null || !isDict(value)) return null
  const name = value.get('$float')
  return typeof name === 'string' && value.size === 1 ? Number(name.replace('inf', 'Infinity')) : null
}

function numbersEqual(wanted: number | bigint, value: unknown, tolerance: number): boolean {
  if (typeof value !== 'number' && typeof value !== 'bigint') return false
  if (Number.isNaN(wanted)) return Number.isNaN(value)
  // exact across integers and floats
  // oxlint-disable-next-line eqeqeq
  return wanted == value || Math.abs(Number(wanted) - Number(value)) <= tolerance
}

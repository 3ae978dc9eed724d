import { isDict, isList, isOther, type PythonValue } from './value.ts'

/**
 * Python's `==` on values of JSON: 1 == 1.0 == True, integers and floats compare exactly however large, lists in order,
 * objects by keys, NaN equals nothing.
 */
export function equals(a: PythonValue, b: PythonValue): boolean {
  const left = asNumber(a)
  const right = asNumber(b)
  // JavaScript compares a bigint with a number by their exact values
  // oxlint-disable-next-line eqeqeq
  if (left !== null && right !== null) return left == right
  if (a === null || b === null || typeof a === 'string' || typeof b === 'string') return a === b
  if (isList(a) && isList(b)) return listsEqual(a, b)
  if (isDict(a) && isDict(b)) {
    if (a.size !== b.size) return false
    for (const [key, value] of a) {
      const other = b.get(key)
      if (other === undefined || !equals(value, other)) return false
    }
    return true
  }
  if (isOther(a) && isOther(b)) return a.repr === b.repr
  return false
}

function listsEqual(a: readonly PythonValue[], b: readonly PythonValue[]): boolean {
  if (a.length !== b.length) return false
  return a.every((value, index) => {
    const other = b[index]
    return other !== undefined && equals(value, other)
  })
}

function asNumber(value: PythonValue): number | bigint | null {
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'number' || typeof value === 'bigint' ? value : null
}

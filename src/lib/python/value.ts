/**
 * What Python's JSON and YAML readers build. Integers are exact and differ from floats; objects keep the order of their
 * keys and cannot be mistaken for prototypes.
 */
export type PythonValue =
  | null
  | boolean
  | string
  /** `int` */
  | bigint
  /** `float` */
  | number
  | readonly PythonValue[]
  | PythonDict
  | PythonOther

export type PythonDict = ReadonlyMap<string, PythonValue>

/** A value that no JSON text has, such as a YAML date: equal to nothing that is compared here. */
export interface PythonOther {
  /** As `repr` prints it. */
  readonly repr: string
}

export function isDict(value: PythonValue): value is PythonDict {
  return value instanceof Map
}

export function isList(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value)
}

export function isOther(value: PythonValue): value is PythonOther {
  return typeof value === 'object' && value !== null && !isDict(value) && !isList(value)
}

/** Plain JavaScript data as Python would have read it from JSON: whole numbers become `int`. */
export function toPythonValue(data: unknown): PythonValue {
  switch (typeof data) {
    case 'boolean':
    case 'string':
    case 'bigint':
      return data
    case 'number':
      return Number.isInteger(data) && !Object.is(data, -0) ? BigInt(data) : data
    case 'object':
      if (data === null) return null
      if (Array.isArray(data)) return data.map(toPythonValue)
      return new Map(Object.entries(data).map(([key, value]) => [key, toPythonValue(value)]))
    case 'undefined':
    case 'function':
    case 'symbol':
      return null
  }
}

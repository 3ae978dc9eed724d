import { parsePythonJson, renderPythonJson } from '../python/json.ts'
import { renderRepr } from '../python/repr.ts'
import type { PythonDict, PythonValue } from '../python/value.ts'

/** What `{{ value }}` and `~` print: dicts and lists as Python source, a text as it is. */
export function printValue(value: unknown): string {
  return typeof value === 'string' ? value : renderRepr(asSent(value))
}

/** The filter `tojson` of chat templates. */
export function printJson(value: unknown): string {
  return renderPythonJson(asSent(value))
}

/** As engines read it out of the body of the request, where 2.0 is `2`. What Python's reader made is kept. */
function asSent(value: unknown): PythonValue {
  if (value instanceof Map) return value as PythonDict // nothing else here makes maps
  const read = parsePythonJson(JSON.stringify(value ?? null))
  if (!read.ok) throw new TypeError(`a value cannot be sent as JSON: ${read.error}`)
  return read.value
}

import { renderFloat } from './format-float.ts'
import { isDict, isList, type PythonValue } from './value.ts'

/** `repr(value)`: what a template prints when it puts a Python object into text. */
export function renderRepr(value: PythonValue): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return renderStringRepr(value)
  if (typeof value === 'number') return renderFloat(value)
  if (isList(value)) return `[${value.map(renderRepr).join(', ')}]`
  if (!isDict(value)) return value.repr
  const entries = [...value].map(([key, item]) => `${renderStringRepr(key)}: ${renderRepr(item)}`)
  return `{${entries.join(', ')}}`
}

/** Double quotes only where single ones occur and double ones do not. */
function renderStringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let inner = ''
  for (const character of text) inner += character === quote ? `\\${quote}` : renderCharacter(character)
  return quote + inner + quote
}

const named = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

/** What `str.isprintable()` refuses is escaped: controls, separators but the space, and what is not assigned. */
function renderCharacter(character: string): string {
  const escape = named.get(character)
  if (escape !== undefined) return escape
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character
  const hex = (character.codePointAt(0) ?? 0).toString(16)
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

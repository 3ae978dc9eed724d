import { renderFloat } from './format-float.ts'
import { isDict, isList, type PythonValue } from './value.ts'

/** How `json.loads` fails: a `JSONDecodeError`, or what callers that catch only that one let through. */
export type PythonJsonError = 'JSONDecodeError' | 'RecursionError' | 'ValueError'

export type PythonJson =
  | { readonly ok: true; readonly value: PythonValue }
  | { readonly ok: false; readonly error: PythonJsonError }

/** Python's recursion limit of 1000, less the frames that a caller usually has. */
const maxDepth = 960

/** `int()` refuses longer texts since Python 3.10.7. */
export const maxIntegerDigits = 4300

/**
 * `json.loads`: NaN and Infinity are numbers, the last of equal keys wins in the place of the first, integers are exact,
 * whitespace is space, tab, CR and LF, and raw control characters in strings are errors.
 */
export function parsePythonJson(text: string): PythonJson {
  const reader: Reader = { text, at: 0 }
  try {
    skipSpace(reader)
    const value = readValue(reader, 0)
    skipSpace(reader)
    return reader.at === text.length ? { ok: true, value } : { ok: false, error: 'JSONDecodeError' }
  } catch (error) {
    if (error instanceof JsonFailure) return { ok: false, error: error.kind }
    throw error
  }
}

/** `json.dumps(value, ensure_ascii=False)`; `separators` are `, ` and `: ` as by default. */
export function renderPythonJson(value: PythonValue): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return renderJsonString(value)
  if (typeof value === 'number') return renderJsonNumber(value)
  if (isList(value)) return `[${value.map(renderPythonJson).join(', ')}]`
  if (!isDict(value)) return renderJsonString(value.repr)
  const entries = [...value].map(([key, item]) => `${renderJsonString(key)}: ${renderPythonJson(item)}`)
  return `{${entries.join(', ')}}`
}

function renderJsonNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  return renderFloat(value)
}

const namedEscapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\f', '\\f'],
  ['\b', '\\b'],
])

/** Unlike `JSON.stringify` it leaves lone surrogates and U+007F as they are. */
function renderJsonString(text: string): string {
  const inner = text.replace(
    /["\\\0-\x1f]/g,
    (character) =>
      namedEscapes.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `"${inner}"`
}

interface Reader {
  readonly text: string
  at: number
}

class JsonFailure extends Error {
  readonly kind: PythonJsonError

  constructor(kind: PythonJsonError) {
    super(kind)
    this.kind = kind
  }
}

const number = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y

const literals: readonly (readonly [text: string, value: PythonValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]

function readValue(reader: Reader, depth: number): PythonValue {
  const { text, at } = reader
  const start = text[at]
  if (start === '"') return readString(reader)
  if (start === '{') return readObject(reader, depth + 1)
  if (start === '[') return readArray(reader, depth + 1)
  for (const [literal, value] of literals) {
    if (!text.startsWith(literal, at)) continue
    reader.at += literal.length
    return value
  }
  number.lastIndex = at
  const match = number.exec(text)
  if (match === null) throw new JsonFailure('JSONDecodeError')
  const [digits, fraction, exponent] = match
  reader.at += digits.length
  if (fraction !== undefined || exponent !== undefined) return Number(digits)
  if (digits.length - (digits.startsWith('-') ? 1 : 0) > maxIntegerDigits) throw new JsonFailure('ValueError')
  return BigInt(digits)
}

function readArray(reader: Reader, depth: number): PythonValue {
  if (depth > maxDepth) throw new JsonFailure('RecursionError')
  const items: PythonValue[] = []
  reader.at++
  skipSpace(reader)
  if (take(reader, ']')) return items
  for (;;) {
    items.push(readValue(reader, depth))
    skipSpace(reader)
    if (take(reader, ']')) return items
    expect(reader, ',')
    skipSpace(reader)
  }
}

function readObject(reader: Reader, depth: number): PythonValue {
  if (depth > maxDepth) throw new JsonFailure('RecursionError')
  const entries = new Map<string, PythonValue>()
  reader.at++
  skipSpace(reader)
  if (take(reader, '}')) return entries
  for (;;) {
    if (reader.text[reader.at] !== '"') throw new JsonFailure('JSONDecodeError')
    const key = readString(reader)
    skipSpace(reader)
    expect(reader, ':')
    skipSpace(reader)
    entries.set(key, readValue(reader, depth))
    skipSpace(reader)
    if (take(reader, '}')) return entries
    expect(reader, ',')
    skipSpace(reader)
  }
}

const plainRun = /[^"\\\0-\x1f]*/y
const escapes = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/** A surrogate pair written as two escapes becomes one character by itself: UTF-16 units are joined. */
function readString(reader: Reader): string {
  const { text } = reader
  let value = ''
  reader.at++
  for (;;) {
    plainRun.lastIndex = reader.at
    const run = plainRun.exec(text)?.[0] ?? ''
    value += run
    reader.at += run.length
    if (take(reader, '"')) return value
    expect(reader, '\\')
    const kind = text[reader.at] ?? ''
    reader.at++
    if (kind === 'u') {
      const hex = text.slice(reader.at, reader.at + 4)
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new JsonFailure('JSONDecodeError')
      value += String.fromCharCode(Number.parseInt(hex, 16))
      reader.at += 4
      continue
    }
    const escaped = escapes.get(kind)
    if (escaped === undefined) throw new JsonFailure('JSONDecodeError')
    value += escaped
  }
}

function skipSpace(reader: Reader): void {
  while (' \t\n\r'.includes(reader.text[reader.at] ?? 'x')) reader.at++
}

function take(reader: Reader, character: string): boolean {
  if (reader.text[reader.at] !== character) return false
  reader.at++
  return true
}

function expect(reader: Reader, character: string): void {
  if (!take(reader, character)) throw new JsonFailure('JSONDecodeError')
}

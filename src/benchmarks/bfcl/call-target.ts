import { renderRepr } from '../../lib/python/repr.ts'
import type { PythonDict, PythonValue } from '../../lib/python/value.ts'

export interface CallTarget {
  readonly name: string
  readonly arguments: PythonDict
}

export interface CallTargetOptions {
  /** `lists`: as they are compared, the default; `kept`: as they are printed. */
  readonly tuples?: 'lists' | 'kept'
}

/** Reads a reference call such as `area(sides=[3, 4], exact=True)`. Throws on anything else. */
export function parseCallTarget(source: string, { tuples = 'lists' }: CallTargetOptions = {}): CallTarget {
  const reader: Reader = { source, at: 0, tuples }
  const name = readPattern(reader, /[A-Za-z_][\w.]*/y)
  const entries = new Map<string, PythonValue>()
  readItems(reader, '(', ')', () => {
    const key = readPattern(reader, /[A-Za-z_]\w*/y)
    expect(reader, '=')
    entries.set(key, readLiteral(reader))
  })
  skipSpace(reader)
  if (reader.at !== source.length) throw syntaxError(reader)
  return { name, arguments: entries }
}

interface Reader {
  readonly source: string
  readonly tuples: 'lists' | 'kept'
  at: number
}

function readLiteral(reader: Reader): PythonValue {
  skipSpace(reader)
  const start = reader.source[reader.at] ?? ''
  if (start === '[') return readList(reader, '[', ']')
  if (start === '(') return readParentheses(reader)
  if (start === '{') return readDict(reader)
  if (start === '"' || start === "'") return readStrings(reader)
  if (/[-+.\d]/.test(start)) return readNumber(reader)
  const word = readPattern(reader, /[A-Za-z]+/y)
  if (word === 'True' || word === 'False') return word === 'True'
  if (word === 'None') return null
  throw syntaxError(reader)
}

function readList(reader: Reader, open: string, close: string): PythonValue[] {
  const items: PythonValue[] = []
  readItems(reader, open, close, () => items.push(readLiteral(reader)))
  return items
}

/** Parentheses around one value without a comma are no tuple. */
function readParentheses(reader: Reader): PythonValue {
  const start = reader.at
  const items = readList(reader, '(', ')')
  const [only] = items
  const hasComma = /,\s*\)$/.test(reader.source.slice(start, reader.at))
  if (items.length === 1 && only !== undefined && !hasComma) return only
  if (reader.tuples === 'lists') return items
  return { repr: `(${items.map(renderRepr).join(', ')}${items.length === 1 ? ',' : ''})` }
}

function readDict(reader: Reader): PythonDict {
  const entries = new Map<string, PythonValue>()
  readItems(reader, '{', '}', () => {
    const key = readLiteral(reader)
    if (typeof key !== 'string') throw syntaxError(reader)
    expect(reader, ':')
    entries.set(key, readLiteral(reader))
  })
  return entries
}

function readItems(reader: Reader, open: string, close: string, readItem: () => void): void {
  expect(reader, open)
  while (!take(reader, close)) {
    readItem()
    if (take(reader, close)) return
    expect(reader, ',')
  }
}

/** Strings that stand side by side are one. */
function readStrings(reader: Reader): string {
  let value = ''
  for (;;) {
    skipSpace(reader)
    const quote = reader.source[reader.at] ?? ''
    if (quote !== '"' && quote !== "'") return value
    reader.at++
    value += readUntil(reader, quote)
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['a', '\x07'],
  ['0', '\0'],
  ['\n', ''],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
])

function readUntil(reader: Reader, quote: string): string {
  let value = ''
  for (;;) {
    const character = reader.source[reader.at]
    if (character === undefined || character === '\n') throw syntaxError(reader)
    reader.at++
    if (character === quote) return value
    value += character === '\\' ? readEscape(reader) : character
  }
}

/** An escape that Python does not know keeps its backslash. */
function readEscape(reader: Reader): string {
  const code = /(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})/y
  code.lastIndex = reader.at
  const match = code.exec(reader.source)
  if (match !== null) {
    reader.at += match[0].length
    return String.fromCharCode(Number.parseInt(match[0].slice(1), 16))
  }
  const character = reader.source[reader.at] ?? ''
  reader.at++
  return escapes.get(character) ?? `\\${character}`
}

function readNumber(reader: Reader): PythonValue {
  const text = readPattern(reader, /[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?/y).replaceAll(
    '_',
    '',
  )
  return /[.eE]/.test(text) ? Number(text) : BigInt(text.replace('+', ''))
}

function readPattern(reader: Reader, pattern: RegExp): string {
  skipSpace(reader)
  pattern.lastIndex = reader.at
  const match = pattern.exec(reader.source)
  if (match === null) throw syntaxError(reader)
  reader.at += match[0].length
  return match[0]
}

function take(reader: Reader, character: string): boolean {
  skipSpace(reader)
  if (reader.source[reader.at] !== character) return false
  reader.at++
  return true
}

function expect(reader: Reader, character: string): void {
  if (!take(reader, character)) throw syntaxError(reader)
}

function skipSpace(reader: Reader): void {
  while (/\s/.test(reader.source[reader.at] ?? 'x')) reader.at++
}

function syntaxError({ source, at }: Reader): SyntaxError {
  return new SyntaxError(
    `no Python call with literal arguments: ${JSON.stringify(source)}, at character ${at}`,
  )
}

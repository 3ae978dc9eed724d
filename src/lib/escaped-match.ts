/** Bytes to look for, any of whose characters may be escaped. */
export interface EscapedPattern {
  readonly bytes: Uint8Array
  /** A line break may stand between any two of them. */
  readonly broken: boolean
}

/**
 * Where the longest match that begins at `at` ends; `null`: none begins there; `'open'`: what would follow on the last byte
 * decides. With `last` nothing follows.
 */
export type MatchAt = (bytes: Uint8Array, at: number, which: 'more' | 'last') => number | 'open' | null

/**
 * Finds patterns in which any characters are written as `%41` (or `+` for a blank), as `\u0041` or with JSON's short
 * escapes, with as many backslashes as JSON within JSON has. Cheap where nothing begins, for it is asked at every byte.
 */
export function createEscapedMatch(given: readonly EscapedPattern[]): MatchAt {
  const patterns = given.map((pattern): Pattern => ({
    ...pattern,
    characters: listCharacters(pattern.bytes),
  }))
  const byByte = Array.from({ length: 256 }, (_, byte) =>
    patterns.filter(({ bytes }) => bytes[0] === byte || (bytes[0] === space && byte === plus)),
  )
  const firsts = new Set(patterns.flatMap((one) => [one.bytes[0], one.characters.get(0)?.units[0]]))
  const begins = Uint8Array.from(byByte, (some, byte) =>
    some.length > 0 || (patterns.length > 0 && (byte === percent || byte === backslash)) ? 1 : 0,
  )

  /** Of the patterns that may begin at an escape, all: there are few such places. */
  function candidates(bytes: Uint8Array, at: number): readonly Pattern[] {
    const byte = bytes[at] ?? 0
    const literal = byByte[byte] ?? []
    if (byte !== percent && byte !== backslash) return literal
    const read = byte === percent ? readPercent(bytes, at) : readEscape(bytes, at)
    return read === 'open' || (read !== null && firsts.has(read.value)) ? patterns : literal
  }

  return (bytes, at, which) => {
    if (begins[bytes[at] ?? 0] === 0) return null
    const next = bytes[at + 1]
    const plain = isPlain(bytes[at]) && isPlain(next)
    let longest: number | null = null
    for (const pattern of candidates(bytes, at)) {
      if (plain && next !== pattern.bytes[1]) continue
      const { end, open } = matchPattern(pattern, bytes, at)
      if (open && which === 'more') return 'open'
      if (end !== null) longest = Math.max(longest ?? 0, end)
    }
    return longest
  }
}

/** Stands for itself alone. */
function isPlain(byte: number | undefined): boolean {
  return byte !== undefined && byte > plus && byte !== backslash
}

const percent = 0x25
const plus = 0x2b
const backslash = 0x5c
const space = 0x20
const lineFeed = 0x0a
const carriageReturn = 0x0d
const letterU = 0x75
const letterN = 0x6e
/** JSON in JSON in JSON writes a line break with four, a quote with seven. */
const mostBackslashes = 8
/** What stands behind the backslash, by the character: RFC 8259, section 7. */
const shorts = new Map(
  Array.from('\b\t\n\f\r"/\\', (character, index) => [
    character.charCodeAt(0),
    'btnfr"/\\'.charCodeAt(index),
  ]),
)
const meanings = new Map([...shorts].map(([character, short]) => [short, character]))

interface Pattern extends EscapedPattern {
  /** Characters of the text that the bytes are, by their first byte; none where they are no UTF-8. */
  readonly characters: ReadonlyMap<number, Character>
}

interface Character {
  readonly byteLength: number
  /** Of UTF-16, as `\u` writes them. */
  readonly units: readonly number[]
}

function listCharacters(bytes: Uint8Array): Map<number, Character> {
  const text = Buffer.from(bytes).toString('utf8')
  const characters = new Map<number, Character>()
  if (!Buffer.from(text).equals(bytes)) return characters
  let at = 0
  for (const character of text) {
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    const byteLength = Buffer.byteLength(character)
    characters.set(at, { byteLength, units })
    at += byteLength
  }
  return characters
}

interface PatternMatch {
  readonly end: number | null
  readonly open: boolean
}

/** What has been reached with each number of the pattern's bytes: nearly always one place, and mostly none. */
function matchPattern(
  { bytes: wanted, broken, characters }: Pattern,
  bytes: Uint8Array,
  from: number,
): PatternMatch {
  const reached: number[][] = [[from]]
  let open = false
  const reach = (count: number, at: number): void => {
    const places = (reached[count] ??= [])
    if (!places.includes(at)) places.push(at)
  }
  const take = (count: number, at: number): void => {
    const byte = bytes[at]
    if (byte === undefined) open = true
    if (byte === wanted[count] || (byte === plus && wanted[count] === space)) reach(count + 1, at + 1)
    if (byte === percent) {
      const read = readPercent(bytes, at)
      if (read === 'open') open = true
      else if (read?.value === wanted[count]) reach(count + 1, at + 3)
    }
    if (byte !== backslash) return
    const character = characters.get(count)
    if (character === undefined) return
    const ends = endsOfEscape(character, bytes, at)
    if (ends === 'open') open = true
    else for (const end of ends) reach(count + character.byteLength, end)
  }
  for (let count = 0; count < wanted.length; count++) {
    for (const at of reached[count] ?? []) {
      take(count, at)
      if (!broken || count === 0) continue
      const behind = behindBreak(bytes, at)
      if (behind === 'open') open = true
      else if (behind !== null) take(count, behind)
    }
    // released, and the end of nearly every try
    reached[count] = []
    if (reached.length === count + 1) return { end: null, open }
  }
  const ends = reached[wanted.length] ?? []
  return { end: ends.length === 0 ? null : Math.max(...ends), open }
}

/** All of them, for how many backslashes mean one is not known. */
function endsOfEscape({ units }: Character, bytes: Uint8Array, at: number): readonly number[] | 'open' {
  const backslashes = countBackslashes(bytes, at)
  if (at + backslashes >= bytes.length && backslashes <= mostBackslashes) return 'open'
  const short = shorts.get(units[0] ?? 0)
  const ends: number[] = []
  for (let count = 1; count <= Math.min(backslashes, mostBackslashes); count++)
    if (short !== undefined && bytes[at + count] === short) ends.push(at + count + 1)
  let end = at
  for (const unit of units) {
    const read = readUnit(bytes, end)
    if (read === 'open') return read
    if (read?.value !== unit) return ends
    end = read.end
  }
  return [...ends, end]
}

interface Read {
  readonly value: number
  readonly end: number
}

function readPercent(bytes: Uint8Array, at: number): Read | 'open' | null {
  return readHex(bytes, at + 1, 2)
}

/** What a backslash and what is behind it mean, if they do not mean a backslash. */
function readEscape(bytes: Uint8Array, at: number): Read | 'open' | null {
  const backslashes = countBackslashes(bytes, at)
  if (backslashes > mostBackslashes) return null
  const letter = bytes[at + backslashes]
  if (letter === undefined) return 'open'
  if (letter === letterU) return readHex(bytes, at + backslashes + 1, 4)
  const value = meanings.get(letter)
  return value === undefined ? null : { value, end: at + backslashes + 1 }
}

/** `\u` and four digits. */
function readUnit(bytes: Uint8Array, at: number): Read | 'open' | null {
  const backslashes = countBackslashes(bytes, at)
  if (backslashes === 0 && at < bytes.length) return null
  if (backslashes > mostBackslashes) return null
  const letter = bytes[at + backslashes]
  if (letter === undefined) return 'open'
  return letter === letterU ? readHex(bytes, at + backslashes + 1, 4) : null
}

function readHex(bytes: Uint8Array, from: number, digits: number): Read | 'open' | null {
  let value = 0
  for (let at = from; at < from + digits; at++) {
    const byte = bytes[at]
    if (byte === undefined) return 'open'
    const digit = hexDigits[byte] ?? 16
    if (digit === 16) return null
    value = value * 16 + digit
  }
  return { value, end: from + digits }
}

/** By the byte that writes them; 16: none. */
const hexDigits = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase())
  return digit === -1 ? 16 : digit
})

/** Of no more than would matter. */
function countBackslashes(bytes: Uint8Array, at: number): number {
  let count = 0
  while (count <= mostBackslashes && bytes[at + count] === backslash) count++
  return count
}

/** As it is, or as JSON writes it. */
function behindBreak(bytes: Uint8Array, at: number): number | 'open' | null {
  const byte = bytes[at]
  if (byte === lineFeed) return at + 1
  if (byte === carriageReturn) {
    const next = bytes[at + 1]
    return next === undefined ? 'open' : next === lineFeed ? at + 2 : null
  }
  if (byte !== backslash) return null
  const backslashes = countBackslashes(bytes, at)
  if (backslashes > mostBackslashes) return null
  const letter = bytes[at + backslashes]
  return letter === undefined ? 'open' : letter === letterN ? at + backslashes + 1 : null
}

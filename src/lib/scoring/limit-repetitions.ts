import { strip } from '../python/text.ts'

/** More than this many copies in a row are cut to as many. */
const limit = 5
const rounds = 10

/**
 * Lengths of repeated units, in code points: tried range by range, shortest unit first within a range. A unit of a length
 * where two ranges meet belongs to both.
 */
const unitRanges: readonly (readonly [shortest: number, longest: number])[] = [
  [3, 30],
  [30, 60],
  [60, 120],
  [120, 250],
  [250, 500],
]

/** Cuts repetitions of lines, of blocks of lines and of any text before a judge reads an answer. */
export function limitRepetitions(text: string): string {
  let current = text
  for (let round = 0; round < rounds; round++) {
    const before = current
    current = limitPatterns(limitBlocks(limitLines(current)))
    // every step that cuts makes the text shorter, so an equal text is an untouched one
    if (current === before) break
  }
  return current
}

function limitLines(text: string): string {
  const kept: string[] = []
  let run = 0
  let previous: string | null = null
  for (const line of text.split('\n')) {
    run = line === previous ? run + 1 : 1
    previous = line
    if (run <= limit) kept.push(line)
  }
  return kept.join('\n')
}

/** One cut at most: larger blocks wait for the next round. */
function limitBlocks(text: string): string {
  const lines = text.split('\n')
  const sizes = Math.min(30, Math.floor(lines.length / limit) + 1)
  for (let size = 2; size < sizes; size++) {
    const cut = findBlockRun(lines, size)
    if (cut === null) continue
    const block = lines.slice(cut.start, cut.start + size)
    const rest = lines.slice(cut.end)
    const copies = Array.from({ length: limit }, () => block).flat()
    const tail = isPartOf(rest, block) ? [] : rest
    return [...lines.slice(0, cut.start), ...copies, ...tail].join('\n')
  }
  return text
}

interface Span {
  readonly start: number
  readonly end: number
}

/** The first place where more than `limit` equal blocks follow each other: lines that equal the one a block later. */
function findBlockRun(lines: readonly string[], size: number): Span | null {
  let equal = 0
  let found: number | null = null
  for (let at = lines.length - size - 1; at >= 0; at--) {
    equal = lines[at] === lines[at + size] ? equal + 1 : 0
    if (equal >= limit * size) found = at
  }
  if (found === null) return null
  let end = found + size
  while (end + size <= lines.length && blocksEqual(lines, { found, end, size })) end += size
  return { start: found, end }
}

function blocksEqual(
  lines: readonly string[],
  { found, end, size }: { readonly found: number; readonly end: number; readonly size: number },
): boolean {
  for (let line = 0; line < size; line++) if (lines[found + line] !== lines[end + line]) return false
  return true
}

/** Whether what follows the copies is the beginning of one more, its last line perhaps torn. */
function isPartOf(rest: readonly string[], block: readonly string[]): boolean {
  return rest.every((line, index) => {
    const original = block[index]
    if (original === undefined) return false
    const text = strip(line)
    const originalText = strip(original)
    return (
      line === original ||
      (text !== '' && beginsWith(original, text)) ||
      (originalText !== '' && beginsWith(line, originalText))
    )
  })
}

/** `startsWith` for code points: half of a surrogate pair is no beginning of it. */
function beginsWith(text: string, prefix: string): boolean {
  const last = prefix.length - 1
  return text.startsWith(prefix) && text.codePointAt(last) === prefix.codePointAt(last)
}

function limitPatterns(text: string): string {
  let units = toCodePoints(text)
  for (;;) {
    let changed = false
    for (const [shortest, longest] of unitRanges) {
      const next = limitUnits(units, { shortest, longest })
      changed ||= next !== units
      units = next
    }
    if (!changed) return fromCodePoints(units)
  }
}

/**
 * Left to right, every unit that occurs more than `limit` times in a row. `equal[i]` counts how far the text goes on
 * repeating itself after a given length: time grows with text times lengths, whatever the text is.
 */
function limitUnits(
  text: Uint32Array,
  { shortest, longest }: { readonly shortest: number; readonly longest: number },
): Uint32Array {
  const unitAt = new Uint16Array(text.length)
  const repeatedAt = new Uint32Array(text.length)
  let any = false
  for (let length = shortest; length <= longest && length * (limit + 1) <= text.length; length++) {
    let equal = 0
    for (let at = text.length - length - 1; at >= 0; at--) {
      equal = text[at] === text[at + length] ? equal + 1 : 0
      if (equal < limit * length || unitAt[at] !== 0) continue
      unitAt[at] = length
      repeatedAt[at] = equal
      any = true
    }
  }
  if (!any) return text
  const kept = new Uint32Array(text.length)
  let size = 0
  for (let at = 0; at < text.length;) {
    const unit = unitAt[at] ?? 0
    const length = unit === 0 ? 1 : unit * limit
    kept.set(text.subarray(at, at + length), size)
    size += length
    at += unit === 0 ? 1 : unit * (Math.floor((repeatedAt[at] ?? 0) / unit) + 1)
  }
  return kept.slice(0, size)
}

function toCodePoints(text: string): Uint32Array {
  return Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0)
}

function fromCodePoints(units: Uint32Array): string {
  let text = ''
  // a call takes only so many arguments
  for (let at = 0; at < units.length; at += 8192)
    text += String.fromCodePoint(...units.subarray(at, at + 8192))
  return text
}

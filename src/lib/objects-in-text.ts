import { parseRecord, type JsonRecord } from './loose-json.ts'

export interface TextPiece {
  readonly text: string
  /** Absent where the piece is just text. */
  readonly object?: JsonRecord
}

/** Beginnings that are tried per line: a line that was cut has many, and each costs a walk along it. */
const maxTries = 24

/**
 * The objects in a line that is not one whole: text was printed in front of it or behind it, or a line that was cut is
 * glued to the next one. An object counts where `accept` knows it, for a cut line has whole ones inside.
 */
export function findObjects(line: string, accept: (object: JsonRecord) => boolean): readonly TextPiece[] {
  const pieces: TextPiece[] = []
  let from = 0
  let start = line.indexOf('{"')
  for (let tries = 0; start !== -1 && tries < maxTries; tries += 1) {
    const end = closingBrace(line, start)
    const object = end === null ? null : parseRecord(line.slice(start, end))
    if (end !== null && object !== null && accept(object)) {
      if (start > from) pieces.push({ text: line.slice(from, start) })
      pieces.push({ text: line.slice(start, end), object })
      from = end
      start = line.indexOf('{"', end)
    } else start = line.indexOf('{"', start + 1)
  }
  if (from < line.length) pieces.push({ text: line.slice(from) })
  return pieces
}

/** Where the object that begins at `start` ends. */
function closingBrace(text: string, start: number): number | null {
  let depth = 0
  let quoted = false
  for (let at = start; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (quoted) {
      if (char === backslash) at += 1
      else if (char === quote) quoted = false
    } else if (char === quote) quoted = true
    else if (char === open) depth += 1
    else if (char === close) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return null
}

const [quote, backslash, open, close] = [0x22, 0x5c, 0x7b, 0x7d]

/** Shorter runs of text between other bytes are chance, or say nothing. */
const shortestRun = 6
const sampleBytes = 4096
/** Control characters that texts do without. */
const binaryShare = 0.02

/** Whether bytes are no text in any 8-bit encoding: random ones hold 11 % of such control characters. */
export function isBinary(chunk: Uint8Array): boolean {
  const sample = chunk.subarray(0, sampleBytes)
  let controls = 0
  for (const byte of sample) if (byte < 0x20 && !isSpace(byte) && byte !== 0x1b) controls++
  return controls > sample.length * binaryShare
}

/**
 * The texts in a binary chunk, as UTF-8: each run of printable characters, at the edges of the chunk however short, with
 * one NUL in the place of what lay between. Line breaks stay, so that lines can be counted.
 */
export function keepStrings(chunk: Uint8Array): Buffer {
  const kept = Buffer.allocUnsafe(chunk.length)
  let length = 0
  let from = 0
  while (from < chunk.length) {
    const to = endOfRun(chunk, from)
    if (to - from >= shortestRun || (to > from && (from === 0 || to === chunk.length))) {
      kept.set(chunk.subarray(from, to), length)
      length += to - from
    } else {
      for (let at = from; at < to; at++) if (chunk[at] === 0x0a) kept[length++] = 0x0a
    }
    if (to < chunk.length && (length === 0 || kept[length - 1] !== 0)) kept[length++] = 0
    from = to + 1
  }
  return kept.subarray(0, length)
}

/** Behind the last of the printable characters that begin at `from`. */
function endOfRun(chunk: Uint8Array, from: number): number {
  let at = from
  for (; at < chunk.length;) {
    const byte = chunk[at] ?? 0
    if ((byte >= 0x20 && byte < 0x7f) || isSpace(byte)) at++
    else {
      const bytes = sequenceLength(byte)
      if (bytes === 0 || !continues(chunk, at + 1, bytes - 1)) return at
      at += bytes
    }
  }
  return Math.min(at, chunk.length)
}

function isSpace(byte: number): boolean {
  return byte >= 0x09 && byte <= 0x0d
}

/** Of a sequence of several bytes by its first: RFC 3629 section 4. */
function sequenceLength(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0
}

/** What the chunk cuts off may go on in the next one. */
function continues(chunk: Uint8Array, from: number, count: number): boolean {
  for (let at = from; at < Math.min(from + count, chunk.length); at++)
    if (((chunk[at] ?? 0) & 0xc0) !== 0x80) return false
  return true
}

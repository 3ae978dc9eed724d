import type { FileHandle } from 'node:fs/promises'

/** A line is kept up to here: whoever wrote it may have made it as long as the disk is. */
const maxLineBytes = 16 * 1024

interface NearOptions {
  /** Line numbers, from 1. */
  readonly lines: readonly number[]
  readonly before: number
  readonly after: number
  /** Nothing behind this is looked at. */
  readonly maxBytes: number
}

export interface NearLines {
  /** Raw text of the lines wanted and of those around them, by number. */
  readonly found: ReadonlyMap<number, string>
  /** Line breaks in what was looked at. */
  readonly breaks: number
}

/** Reads the lines around some others, in one pass, holding no more than it returns. */
export async function readLinesNear(file: FileHandle, options: NearOptions): Promise<NearLines> {
  const { before, after, maxBytes } = options
  const spans = options.lines.map((line) => ({ first: line - before, last: line + after }))
  const isWanted = (line: number): boolean => spans.some(({ first, last }) => first <= line && line <= last)
  const found = new Map<number, string>()
  const chunk = Buffer.alloc(256 * 1024)
  let line = 1
  let kept: Buffer[] = []
  let keptBytes = 0
  let position = 0
  const keep = (bytes: Buffer): void => {
    if (keptBytes >= maxLineBytes || !isWanted(line)) return
    kept.push(Buffer.from(bytes.subarray(0, maxLineBytes - keptBytes)))
    keptBytes += bytes.length
  }
  const close = (): void => {
    if (isWanted(line)) found.set(line, Buffer.concat(kept).toString('utf8').replace(/\r$/u, ''))
    kept = []
    keptBytes = 0
  }
  while (position < maxBytes) {
    const length = Math.min(chunk.length, maxBytes - position)
    const { bytesRead } = await file.read(chunk, 0, length, position)
    if (bytesRead === 0) break
    position += bytesRead
    const bytes = chunk.subarray(0, bytesRead)
    let start = 0
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      keep(bytes.subarray(start, end))
      close()
      line++
      start = end + 1
    }
    keep(bytes.subarray(start))
  }
  if (keptBytes > 0) close()
  return { found, breaks: line - 1 }
}

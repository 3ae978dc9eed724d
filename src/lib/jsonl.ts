import { readFile } from 'node:fs/promises'
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'

export interface JsonlLine {
  readonly value: unknown
  /** From 1. */
  readonly line: number
}

export interface JsonlContent {
  readonly lines: readonly JsonlLine[]
  /** Lines that are not JSON, by number; a torn last line is not among them. */
  readonly broken: readonly number[]
}

/** Reads JSON lines. A last line without a newline is a torn write and is left out. A missing file has no lines. */
export async function readJsonl(path: string): Promise<JsonlContent> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { lines: [], broken: [] }
    throw error
  }
  return parseJsonl(text)
}

export function parseJsonl(text: string): JsonlContent {
  const lines: JsonlLine[] = []
  const broken: number[] = []
  const rows = text.split('\n')
  rows.pop()
  for (const [index, row] of rows.entries()) {
    if (row === '') continue
    try {
      lines.push({ value: JSON.parse(row), line: index + 1 })
    } catch {
      broken.push(index + 1)
    }
  }
  return { lines, broken }
}

export interface JsonlWriter extends Disposable {
  /** Durable when it returns, if the writer was opened with `sync`. */
  append(value: unknown): void
  /** What is in the file, as seen by whoever writes it: other readers may be shown an older state for a while. */
  read(): JsonlContent
}

/**
 * Appends JSON lines to a file. A torn last line is cut first, so that a crash never glues two lines together; and what
 * a full disk let through of a line is taken back, so that the next one may be written when there is room.
 */
export function openJsonlWriter(path: string, options: { readonly sync: boolean }): JsonlWriter {
  const fd = openSync(path, 'a+', 0o644)
  cutTornTail(fd)
  return {
    append(value) {
      const bytes = Buffer.from(`${JSON.stringify(value)}\n`)
      const before = fstatSync(fd).size
      let written = 0
      try {
        while (written < bytes.length) written += writeSync(fd, bytes, written)
        if (options.sync) fsyncSync(fd)
      } catch (error) {
        if (fstatSync(fd).size === before + written) ftruncateSync(fd, before)
        throw error
      }
    },
    read() {
      const content = Buffer.alloc(fstatSync(fd).size)
      for (let read = 0; read < content.length;) {
        const more = readSync(fd, content, read, content.length - read, read)
        if (more === 0) break
        read += more
      }
      return parseJsonl(content.toString('utf8'))
    },
    [Symbol.dispose]() {
      closeSync(fd)
    },
  }
}

function cutTornTail(fd: number): void {
  const { size } = fstatSync(fd)
  const chunk = Buffer.alloc(64 * 1024)
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - chunk.length)
    const read = readSync(fd, chunk, 0, end - start, start)
    const newline = chunk.subarray(0, read).lastIndexOf(0x0a)
    if (newline !== -1) {
      if (start + newline + 1 < size) ftruncateSync(fd, start + newline + 1)
      return
    }
    end = start
  }
  if (size > 0) ftruncateSync(fd, 0)
}

import { stat } from 'node:fs/promises'
import { openPlainFile, readTail } from '../../lib/plain-file.ts'

/** As much of a file's end as the last line may take. */
const tailBytes = 64 * 1024

/** Reads again only when the file has changed; `null` while it is not there. */
export function createCachedRead<T>(path: string, read: () => Promise<T>): () => Promise<T | null> {
  let known: { readonly version: string; readonly value: T } | null = null
  return async () => {
    const info = await stat(path).catch(() => null)
    if (info === null) return null
    const version = `${info.ino}/${info.size}/${info.mtimeMs}`
    if (known?.version !== version) known = { version, value: await read() }
    return known.value
  }
}

/** The last line that was written whole; `null` when there is none, or when it is not JSON. */
export async function readLastLine(path: string): Promise<unknown> {
  const text = await readTail(path, tailBytes)
  const whole = text.slice(0, Math.max(0, text.lastIndexOf('\n')))
  try {
    return JSON.parse(whole.slice(whole.lastIndexOf('\n') + 1))
  } catch {
    return null
  }
}

/** Counts the lines of a file that grows: each byte is read once. */
export function createLineCounter(path: string): () => Promise<number> {
  const chunk = Buffer.alloc(256 * 1024)
  let offset = 0
  let lines = 0
  return async () => {
    const file = await openPlainFile(path)
    if (file === null) return 0
    try {
      // written anew, as when an evaluation is repeated
      if ((await file.stat()).size < offset) offset = lines = 0
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, offset)
        if (bytesRead === 0) return lines
        offset += bytesRead
        for (let at = chunk.indexOf(0x0a); at !== -1 && at < bytesRead; at = chunk.indexOf(0x0a, at + 1))
          lines++
      }
    } finally {
      await file.close()
    }
  }
}

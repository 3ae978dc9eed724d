import type { Readable } from 'node:stream'

/** No message of ours comes near it. */
const maxLineBytes = 16 * 1024 * 1024

/** Calls back for every complete line. A line beyond all measure destroys the stream. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let pending = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    pending += chunk
    // what has come so far of a long line is not looked through again and again
    if (chunk.includes('\n')) {
      const lines = pending.split('\n')
      pending = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    }
    if (pending.length > maxLineBytes) stream.destroy()
  })
}

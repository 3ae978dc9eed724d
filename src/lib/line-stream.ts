import type { Readable } from 'node:stream'

/** No message of ours comes near it. */
const maxLineBytes = 16 * 1024 * 1024

/** Calls back for every complete line. A line beyond all measure destroys the stream. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let pending = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n')
    pending = lines.pop() ?? ''
    if (pending.length > maxLineBytes) stream.destroy()
    for (const line of lines) onLine(line)
  })
}

import { createLineSplitter } from './line-splitter.ts'

export interface EventData {
  /** The `data` of one event: of the chunk itself where it lies in one, so whoever keeps it copies it. */
  readonly data: Buffer
}

export interface EventStreamReader {
  /** Every event that the chunk completes and that has data. */
  push(chunk: Uint8Array): readonly EventData[]
  /** What came after the last blank line, and whether anything was longer than is kept. */
  end(): { readonly rest: EventData | null; readonly lost: boolean }
}

/**
 * The data of server-sent events, wherever the chunks are cut. Lines end with LF or CRLF; the lone CR that the standard
 * allows as well (WHATWG HTML, 9.2.6) is sent by nobody. Of an event, no more than `maxBytes` are held.
 */
export function createEventStreamReader(maxBytes: number): EventStreamReader {
  const splitter = createLineSplitter(maxBytes)
  let parts: Buffer[] = []
  let partBytes = 0
  /** So many of `parts` are copies. */
  let copied = 0
  let broken = false
  let lost = false

  function take(): EventData | null {
    const kept = parts
    const wasBroken = broken
    parts = []
    partBytes = 0
    copied = 0
    broken = false
    if (wasBroken || kept.length === 0) return null
    const [first] = kept
    if (kept.length === 1 && first !== undefined) return { data: first }
    return { data: Buffer.concat(kept.flatMap((part, index) => (index === 0 ? [part] : [lineFeed, part]))) }
  }

  /** Returns the event that the line ends. */
  function read(line: { readonly bytes: Buffer; readonly dropped: number }): EventData | null {
    const bytes = line.bytes.at(-1) === 0x0d ? line.bytes.subarray(0, -1) : line.bytes
    if (bytes.length === 0 && line.dropped === 0) return take()
    if (!isData(bytes)) return null
    const value = bytes.subarray(bytes[dataField.length] === 0x20 ? dataField.length + 1 : dataField.length)
    partBytes += value.length
    if (line.dropped > 0 || partBytes > maxBytes) {
      broken = true
      lost = true
      parts = []
      copied = 0
    } else if (!broken) parts.push(value)
    return null
  }

  return {
    push(chunk) {
      const events: EventData[] = []
      for (const line of splitter.push(chunk)) {
        const event = read(line)
        if (event !== null) events.push(event)
      }
      // the chunk may be a buffer that is used again
      for (; copied < parts.length; copied++) parts[copied] = Buffer.from(parts[copied] ?? nothing)
      return events
    },
    end() {
      const line = splitter.end()
      if (line !== null) read(line)
      return { rest: take(), lost }
    },
  }
}

const dataField = Buffer.from('data:')
const lineFeed = Buffer.from('\n')
const nothing = Buffer.alloc(0)

function isData(bytes: Buffer): boolean {
  return (
    bytes.length >= dataField.length &&
    bytes.compare(dataField, 0, dataField.length, 0, dataField.length) === 0
  )
}

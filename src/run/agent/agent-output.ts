import { closeSync, openSync, writeSync } from 'node:fs'
import { createRedactor, type Redactor } from '../../lib/redact.ts'

/** Longest line written in one piece; the rest follows under the same time with a `+`. */
const maxLineBytes = 64 * 1024

export interface AgentOutput extends Disposable {
  write(stream: Stream, chunk: Buffer): void
  /** Of the agent's, that were kept. */
  readonly bytes: number
  /** Bytes that the cap left out. */
  readonly dropped: number
}

export interface AgentOutputOptions {
  /** Of the file. */
  readonly capBytes: number
  /** Of secrets that no agent is given: where one has got hold of them, they are not to be found in the evidence. */
  readonly redactor?: Redactor
  readonly now?: () => Date
}

type Stream = 'out' | 'err'

/**
 * The agent's output as evidence: `<ISO time> <out|err>[+] <text>` per line, appended to a file that the sandbox
 * cannot reach, up to a cap. Bytes are kept as they came (only line breaks structure them): whoever shows them
 * makes them inert. After the first line that does not fit nothing more is kept, and it costs next to nothing.
 */
export function openAgentOutput(path: string, options: AgentOutputOptions): AgentOutput {
  const { capBytes, redactor = createRedactor([]), now = (): Date => new Date() } = options
  const fd = openSync(path, 'a', 0o644)
  const page = createPage(fd)
  const redactions = { out: redactor.stream(), err: redactor.stream() }
  const pending: Record<Stream, Buffer> = { out: Buffer.alloc(0), err: Buffer.alloc(0) }
  const continued: Record<Stream, boolean> = { out: false, err: false }
  let fileBytes = 0
  let bytes = 0
  let dropped = 0
  let full = false

  /** Appends the part of `text` from `start` to `end` as a line. */
  function emit(head: Buffer, text: Buffer, start: number, end: number): void {
    const length = end - start
    full ||= fileBytes + head.length + length + 1 > capBytes
    if (full) {
      dropped += length
      return
    }
    fileBytes += head.length + length + 1
    bytes += length
    page.add(head, 0, head.length)
    page.add(text, start, end)
    page.add(lineEnd, 0, 1)
  }

  /** An agent may print a hundred million empty lines: none of them makes an object. */
  function add(stream: Stream, chunk: Buffer, which: 'more' | 'last'): void {
    const text = pending[stream].length === 0 ? chunk : Buffer.concat([pending[stream], chunk])
    const time = now().toISOString()
    const first = Buffer.from(`${time} ${stream} `)
    const more = Buffer.from(`${time} ${stream}+ `)
    let start = 0
    for (;;) {
      const end = text.indexOf(0x0a, start)
      const whole = end !== -1 && end - start <= maxLineBytes
      if (!whole && text.length - start <= maxLineBytes) break
      const to = whole ? end : start + maxLineBytes
      emit(continued[stream] ? more : first, text, start, to)
      continued[stream] = !whole
      start = whole ? to + 1 : to
    }
    if (which === 'last' && start < text.length)
      emit(continued[stream] ? more : first, text, start, text.length)
    pending[stream] = which === 'last' ? Buffer.alloc(0) : Buffer.from(text.subarray(start))
    page.flush()
  }

  return {
    write(stream, chunk) {
      if (full) dropped += chunk.length
      else add(stream, redactions[stream].push(chunk), 'more')
    },
    get bytes() {
      return bytes
    },
    get dropped() {
      return dropped
    },
    [Symbol.dispose]() {
      for (const stream of ['out', 'err'] as const) add(stream, redactions[stream].end(), 'last')
      closeSync(fd)
    },
  }
}

const lineEnd = Buffer.from('\n')

interface Page {
  add(bytes: Buffer, start: number, end: number): void
  flush(): void
}

/** Writes many small pieces in few calls. */
function createPage(fd: number): Page {
  const page = Buffer.alloc(4 * maxLineBytes)
  let used = 0
  const flush = (): void => {
    // a write may take less than it is given, as on a disk that is nearly full
    for (let written = 0; written < used;) written += writeSync(fd, page, written, used - written)
    used = 0
  }
  return {
    add(bytes, start, end) {
      if (used + end - start > page.length) flush()
      used += bytes.copy(page, used, start, end)
    },
    flush,
  }
}

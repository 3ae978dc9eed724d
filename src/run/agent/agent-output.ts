import { closeSync, openSync, writeSync } from 'node:fs'

/** Longest line written in one piece; the rest follows under the same time with a `+`. */
const maxLineBytes = 64 * 1024

export interface AgentOutput extends Disposable {
  write(stream: 'out' | 'err', chunk: Buffer): void
  readonly bytes: number
  /** Bytes that the cap left out. */
  readonly dropped: number
}

/**
 * The agent's output as evidence: `<ISO time> <out|err>[+] <text>` per line, appended to a file that the sandbox
 * cannot reach, up to a cap. Bytes are kept as they came (only line breaks structure them): whoever shows them
 * makes them inert.
 */
export function openAgentOutput(
  path: string,
  capBytes: number,
  now: () => Date = () => new Date(),
): AgentOutput {
  const fd = openSync(path, 'a', 0o644)
  const pending: Record<'out' | 'err', Buffer> = { out: Buffer.alloc(0), err: Buffer.alloc(0) }
  const continued: Record<'out' | 'err', boolean> = { out: false, err: false }
  let bytes = 0
  let dropped = 0

  function emit(stream: 'out' | 'err', line: Buffer, ends: boolean): void {
    const head = `${now().toISOString()} ${stream}${continued[stream] ? '+' : ''} `
    continued[stream] = !ends
    if (bytes + line.length > capBytes) {
      dropped += line.length
      return
    }
    bytes += line.length
    writeSync(fd, Buffer.concat([Buffer.from(head), line, Buffer.from('\n')]))
  }

  return {
    write(stream, chunk) {
      let rest = Buffer.concat([pending[stream], chunk])
      for (let end = rest.indexOf(0x0a); end !== -1 || rest.length > maxLineBytes; end = rest.indexOf(0x0a)) {
        const whole = end !== -1 && end <= maxLineBytes
        emit(stream, rest.subarray(0, whole ? end : maxLineBytes), whole)
        rest = rest.subarray(whole ? end + 1 : maxLineBytes)
      }
      pending[stream] = Buffer.from(rest)
    },
    get bytes() {
      return bytes
    },
    get dropped() {
      return dropped
    },
    [Symbol.dispose]() {
      for (const stream of ['out', 'err'] as const)
        if (pending[stream].length > 0) emit(stream, pending[stream], true)
      closeSync(fd)
    },
  }
}

import { createLineSplitter, type SplitLine } from '../lib/line-splitter.ts'
import { isoTime } from '../lib/iso-time.ts'

/** A line as the CLI printed it. */
export interface TranscriptLine {
  readonly text: string
  readonly stream: 'out' | 'err'
  /** When it was taken down, where that is known. */
  readonly at: string | null
  /** Bytes of it that were not kept. */
  readonly dropped: number
}

export interface TranscriptLines {
  push(chunk: Uint8Array, stream: 'out' | 'err'): readonly TranscriptLine[]
  end(): readonly TranscriptLine[]
}

/** `<ISO time> <out|err>[+] <text>`: a run's `agent.log`, where `+` goes on with a long line (`run/agent/agent-output.ts`). */
const logged = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) (out|err)(\+?) /u
/** `[2026-01-01T00:00:00Z] `: how the published system stamps lines. */
const stamped = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)\] ?/u
const longestHead = 64
/** A logged line of this length may go on in the next one of its stream. */
const pieceBytes = 64 * 1024

interface Piece {
  readonly parts: Buffer[]
  readonly at: string | null
  bytes: number
  dropped: number
}

/** Undoes what a log does to lines. Whether the transcript is a log is what its first line looks like. */
export function createTranscriptLines(maxLineBytes: number): TranscriptLines {
  const splitters = { out: createLineSplitter(maxLineBytes), err: createLineSplitter(maxLineBytes) }
  /** What may go on. */
  const held: Record<'out' | 'err', Piece | null> = { out: null, err: null }
  let isLog: boolean | null = null

  function read(line: SplitLine, stream: 'out' | 'err'): readonly TranscriptLine[] {
    const head = logged.exec(line.bytes.toString('latin1', 0, longestHead))
    if (line.bytes.length > 0) isLog ??= head !== null
    if (isLog !== true || head === null) return [plain(line, stream, null)]
    const [whole, time = '', name, more] = head
    const to = name === 'err' ? 'err' : 'out'
    const bytes = line.bytes.subarray(whole.length)
    const lines: TranscriptLine[] = []
    const before = held[to]
    if (before !== null && more === '+') {
      append(before, bytes, line.dropped)
      if (bytes.length >= pieceBytes) return []
      held[to] = null
      return [joined(before, to)]
    }
    if (before !== null) lines.push(joined(before, to))
    held[to] = null
    const piece: Piece = { parts: [bytes], at: isoTime(time), bytes: bytes.length, dropped: line.dropped }
    if (bytes.length >= pieceBytes) held[to] = { ...piece, parts: [Buffer.from(bytes)] }
    else lines.push(joined(piece, to))
    return lines
  }

  function append(piece: Piece, bytes: Buffer, dropped: number): void {
    const kept = bytes.subarray(0, Math.max(0, maxLineBytes - piece.bytes))
    piece.parts.push(Buffer.from(kept))
    piece.bytes += kept.length
    piece.dropped += dropped + bytes.length - kept.length
  }

  function joined({ parts, at, dropped }: Piece, stream: 'out' | 'err'): TranscriptLine {
    return plain({ bytes: Buffer.concat(parts), dropped }, stream, at)
  }

  return {
    push: (chunk, stream) => splitters[stream].push(chunk).flatMap((line) => read(line, stream)),
    end() {
      const lines = (['out', 'err'] as const).flatMap((stream) => {
        const rest = splitters[stream].end()
        return rest === null ? [] : read(rest, stream)
      })
      for (const stream of ['out', 'err'] as const) {
        const before = held[stream]
        held[stream] = null
        if (before !== null) lines.push(joined(before, stream))
      }
      return lines
    },
  }
}

function plain(line: SplitLine, stream: 'out' | 'err', at: string | null): TranscriptLine {
  const text = line.bytes
    .toString('utf8')
    .replace(/\r$/u, '')
    .replace(/^\ufeff/u, '')
  const stamp = stamped.exec(text.slice(0, longestHead))
  if (stamp === null) return { text, stream, at, dropped: line.dropped }
  return { text: text.slice(stamp[0].length), stream, at: at ?? isoTime(stamp[1]), dropped: line.dropped }
}

import type { AgentExit } from '../domain/end-reason.ts'
import {
  createTrajectoryBuilder,
  unknownAgent,
  type TrajectoryBuilder,
} from '../domain/trajectory-builder.ts'
import type {
  TrajectoryFormat,
  TrajectoryReader,
  TranscriptInterpreter,
} from '../domain/trajectory-format.ts'
import type { TrajectoryEntry } from '../domain/trajectory-thread.ts'
import {
  ownCopy,
  recordOf,
  parseRecord,
  shorten,
  shortenTexts,
  textOf,
  type JsonRecord,
} from '../lib/loose-json.ts'
import { findObjects } from '../lib/objects-in-text.ts'
import { trajectoryFormats } from './trajectory-registry.ts'
import { createTranscriptLines, type TranscriptLine } from './transcript-lines.ts'

export interface ReaderOptions {
  /** Null: the one that recognises what is printed. */
  readonly format: TrajectoryFormat | null
  /** Of the CLI, where it does not say it. */
  readonly version?: string
  /** How the agent is named where no format is known. */
  readonly agent?: string
  /** Told as soon as it is said, for showing it live. */
  readonly onEntry?: (entry: TrajectoryEntry) => void
  readonly limits?: Partial<ReaderLimits>
}

export interface ReaderLimits {
  /** Of a line that is longer, the beginning is kept as text. */
  readonly lineBytes: number
  /** Of all lines that are kept whole; after that, texts are shortened, and after half as much again nothing is kept. */
  readonly wholeBytes: number
  readonly steps: number
}

const defaultLimits: ReaderLimits = { lineBytes: 16 * 1024 ** 2, wholeBytes: 48 * 1024 ** 2, steps: 200_000 }
/** Of texts, once they are shortened. */
const shortLength = 300
/** What a line takes in memory beside its text. */
const lineCost = 100
/** Of a line that was cut. */
const cutLength = 4096
/** Of a pretty-printed object: a CLI that prints one prints nothing else. */
const maxDocumentLines = 20_000
const maxDocumentLength = 4 * 1024 ** 2
/** Lines that wait until an event shows whose transcript it is. */
const maxWaiting = 2000

/** Reads an agent CLI's output: raw, or as a run's `agent.log`, or with the published system's stamps. */
export function createTrajectoryReader(options: ReaderOptions): TrajectoryReader {
  const limits = { ...defaultLimits, ...options.limits }
  const lines = createTranscriptLines(limits.lineBytes)
  const builder = createTrajectoryBuilder({
    agent: options.format?.agent ?? options.agent ?? unknownAgent,
    ...(options.version === undefined ? {} : { version: options.version }),
    ...(options.onEntry === undefined ? {} : { onEntry: options.onEntry }),
    maxBytes: limits.wholeBytes * 1.5,
    maxSteps: limits.steps,
  })
  let format = options.format
  let interpreter: TranscriptInterpreter | null = format?.interpret(builder) ?? null
  let waiting: TranscriptLine[] = []
  let document: { readonly lines: string[]; length: number; readonly at: string | null } | null = null
  let expectsDocument = true
  let wholeBytes = 0

  function take(line: TranscriptLine): void {
    builder.counts.lines += 1
    if (interpreter !== null) return read(line)
    waiting.push(line)
    const object = line.text.startsWith('{') ? parseRecord(line.text) : null
    format = trajectoryFormats.find((one) => object !== null && one.recognises(object)) ?? null
    if (format !== null || waiting.length >= maxWaiting) settleFormat()
  }

  /** Reads what waited, with the format that was found, or as text. */
  function settleFormat(): void {
    format ??= documentFormat(waiting)
    builder.rename(format?.agent ?? options.agent ?? 'unknown')
    interpreter = format?.interpret(builder) ?? createPlainInterpreter(builder)
    const lines = waiting
    waiting = []
    for (const line of lines) read(line)
  }

  function read(line: TranscriptLine): void {
    if (line.dropped > 0) return readCut(line)
    if (document !== null) return goOn(line)
    const { text } = line
    const object = text.startsWith('{') ? parseRecord(text) : null
    if (object !== null) return readEvent(object, text, line)
    if (expectsDocument && line.stream === 'out' && text === '{') {
      document = { lines: [text], length: 1, at: line.at }
      return
    }
    readMixed(line)
  }

  /** A line that is not one event: text, events that are glued to something, or what a cut has left of one. */
  function readMixed(line: TranscriptLine): void {
    const known = (object: JsonRecord): boolean => format?.recognises(object) ?? false
    for (const { text, object } of findObjects(line.text, known)) {
      if (object !== undefined) readEvent(object, text, line)
      else {
        if (text.startsWith('{"')) builder.counts.damagedLines += 1
        readText(text, line)
      }
    }
  }

  function readEvent(object: JsonRecord, text: string, { at, stream }: TranscriptLine): void {
    // what a program prints on standard error is no word of the CLI's, even if it looks like one
    if (stream === 'err') return readText(text, { at, stream })
    const whole = keep(text.length)
    const event = whole ? object : (recordOf(shortenTexts(object, shortLength)) ?? {})
    interpreter?.event({ event, line: text, at })
  }

  function readText(text: string, { at, stream }: Pick<TranscriptLine, 'at' | 'stream'>): void {
    const kept = keep(text.length) ? text : shorten(text, shortLength)
    builder.text({ stream, text: kept, at })
    interpreter?.text?.(kept)
  }

  function keep(length: number): boolean {
    const bytes = length + lineCost
    const whole = wholeBytes + bytes <= limits.wholeBytes
    if (whole) wholeBytes += bytes
    else builder.counts.shortened = true
    builder.kept(whole ? bytes : Math.min(bytes, shortLength + lineCost))
    return whole
  }

  function readCut(line: TranscriptLine): void {
    builder.counts.cutLines += 1
    const text = ownCopy(line.text.slice(0, cutLength))
    readText(`${text}… [cut: ${line.dropped + line.text.length - text.length} more]`, line)
  }

  /** One object over many lines. */
  function goOn(line: TranscriptLine): void {
    const open = document
    if (open === null) return
    if (line.stream === 'err') return readText(line.text, line)
    open.lines.push(line.text)
    open.length += line.text.length + 1
    if (line.text.startsWith('}')) {
      const text = open.lines.join('\n')
      const object = parseRecord(text)
      if (object === null) return giveUp()
      document = null
      return readEvent(object, text, { ...line, at: line.at ?? open.at })
    }
    if (line.text.startsWith('{"') || open.lines.length > maxDocumentLines || open.length > maxDocumentLength)
      giveUp()
  }

  /** It was none. */
  function giveUp(): void {
    const open = document
    document = null
    expectsDocument = false
    const [first, ...others] = open?.lines ?? []
    if (first === undefined || open === null) return
    readText(first, { at: open.at, stream: 'out' })
    for (const text of others) read({ text, at: open.at, stream: 'out', dropped: 0 })
  }

  return {
    push(chunk, stream = 'out') {
      for (const line of lines.push(chunk, stream)) take(line)
    },
    snapshot: (exit: AgentExit = {}) => builder.build(exit),
    end(exit = {}) {
      for (const line of lines.end()) take(line)
      if (interpreter === null) settleFormat()
      while (document !== null) giveUp()
      interpreter?.end?.()
      builder.main.close()
      return builder.build(exit)
    },
  }
}

/** Whose one object over many lines it is. */
function documentFormat(lines: readonly TranscriptLine[]): TrajectoryFormat | null {
  const texts = lines.map(({ text }) => text)
  const [from, to] = [texts.indexOf('{'), texts.findLastIndex((text) => text.startsWith('}'))]
  const object = from === -1 ? null : parseRecord(texts.slice(from, to + 1).join('\n'))
  return object === null ? null : (trajectoryFormats.find((format) => format.recognises(object)) ?? null)
}

/** For the output of a program that nobody knows. */
function createPlainInterpreter(builder: TrajectoryBuilder): TranscriptInterpreter {
  return {
    event: ({ event, at }) => builder.unknown({ event, type: textOf(event['type']) ?? 'unnamed', at }),
  }
}

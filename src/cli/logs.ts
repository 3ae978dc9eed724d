import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { BenchError } from '../domain/error.ts'
import { attemptEventLineSchema, foldAttemptEvents } from '../domain/attempt-event.ts'
import { inertText } from '../lib/inert-text.ts'
import { readJsonl } from '../lib/jsonl.ts'
import { exitOf } from '../run/agent/trajectory.ts'
import { readJournal } from '../run/journal.ts'
import { attemptLayout } from '../run/layout.ts'
import { createPrettyLog } from './trajectory/pretty-log.ts'

const pollMs = 300
const chunkBytes = 64 * 1024
/** Longer than any line that the supervisor writes. */
const maxLineLength = 256 * 1024

export interface LogsOptions {
  /** Goes on until the run has ended. */
  readonly follow: boolean
  /** Default: the last, and with `follow` every one that comes after it. */
  readonly attempt?: number
  /** Set: as what was said and called, not as lines. */
  readonly pretty?: { readonly colour: boolean }
  /** Waited for: a log is larger than what a slow reader may leave in memory. */
  readonly write: (text: string) => Promise<void>
}

/** Prints an attempt's output. It is polled, for shared disks tell nobody that a file has grown. */
export async function showLogs(runPath: string, options: LogsOptions): Promise<void> {
  let printer: Printer | null = null
  for (;;) {
    const state = await readJournal(runPath)
    const attempt = options.attempt ?? state.attempts.at(-1)?.number
    if (options.attempt !== undefined && !existsSync(attemptLayout(runPath, options.attempt).root)) {
      const remedy =
        state.attempts.length === 0 ? 'It has none yet.' : `It has 1 to ${state.attempts.length}.`
      throw new BenchError(`the run has no attempt ${options.attempt}`, {
        code: 'logs/none',
        kind: 'usage',
        remedy,
      })
    }
    if (attempt === undefined && !options.follow)
      throw new BenchError('the run has not been started', {
        code: 'logs/none',
        kind: 'usage',
        remedy: 'Use -f to wait for it.',
      })
    if (attempt !== undefined && printer?.attempt !== attempt) {
      await printer?.flush()
      printer = createPrinter(runPath, attempt, options)
    }
    await printer?.advance()
    if (!options.follow || state.outcome !== null) {
      await printer?.flush()
      return
    }
    await new Promise((done) => setTimeout(done, pollMs))
  }
}

interface Printer {
  readonly attempt: number
  advance(): Promise<void>
  flush(): Promise<void>
}

/** What is shown of a log: text for its next bytes, and at its end. */
interface LogView {
  push(bytes: Buffer): string
  end(): string | Promise<string>
}

function createPrinter(
  runPath: string,
  attempt: number,
  { pretty, write }: Pick<LogsOptions, 'pretty' | 'write'>,
): Printer {
  const { agentLog } = attemptLayout(runPath, attempt)
  const view = pretty === undefined ? createLineView() : createPrettyView(runPath, attempt, pretty)
  const buffer = Buffer.alloc(chunkBytes)
  let offset = 0
  const show = async (text: string): Promise<void> => {
    if (text !== '') await write(text)
  }
  return {
    attempt,
    async advance() {
      const file = await open(agentLog, 'r').catch(() => null)
      if (file === null) return
      try {
        for (;;) {
          const { bytesRead } = await file.read(buffer, 0, chunkBytes, offset)
          if (bytesRead === 0) return
          offset += bytesRead
          await show(view.push(buffer.subarray(0, bytesRead)))
        }
      } finally {
        await file.close()
      }
    },
    flush: async () => await show(await view.end()),
  }
}

/** Whole lines, for a terminal escape that is cut in two would be shown in part; without line ends, what there is. */
function createLineView(): LogView {
  const decoder = new StringDecoder('utf8')
  let pending = ''
  return {
    push(bytes) {
      const text = pending + decoder.write(bytes)
      const end = text.length > maxLineLength ? text.length : text.lastIndexOf('\n') + 1
      pending = text.slice(end)
      return inertText(text.slice(0, end))
    },
    end() {
      const rest = pending
      pending = ''
      return rest === '' ? '' : `${inertText(rest)}\n`
    },
  }
}

/** Which CLI the agent is can be seen from what it prints, whatever its folder is called. */
function createPrettyView(
  runPath: string,
  attempt: number,
  { colour }: NonNullable<LogsOptions['pretty']>,
): LogView {
  const log = createPrettyLog({ format: null, colour })
  return {
    push: (bytes) => log.push(bytes),
    async end() {
      const { lines } = await readJsonl(attemptLayout(runPath, attempt).events)
      const { ended } = foldAttemptEvents(
        lines.flatMap(({ value }) => attemptEventLineSchema.safeParse(value).data ?? []),
      )
      return log.end(ended === null ? null : exitOf(ended))
    },
  }
}

import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { BenchError } from '../domain/error.ts'
import { inertText } from '../lib/inert-text.ts'
import { readJournal } from '../run/journal.ts'
import { attemptLayout } from '../run/layout.ts'

const pollMs = 300
const chunkBytes = 64 * 1024

export interface LogsOptions {
  /** Goes on until the run has ended. */
  readonly follow: boolean
  /** Default: the last, and with `follow` every one that comes after it. */
  readonly attempt?: number
  readonly write: (text: string) => void
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
      printer?.flush()
      printer = createPrinter(runPath, attempt, options.write)
    }
    await printer?.advance()
    if (!options.follow || state.outcome !== null) {
      printer?.flush()
      return
    }
    await new Promise((done) => setTimeout(done, pollMs))
  }
}

interface Printer {
  readonly attempt: number
  advance(): Promise<void>
  flush(): void
}

/** Prints whole lines: a terminal escape that is cut in two would not be recognised. */
function createPrinter(runPath: string, attempt: number, write: (text: string) => void): Printer {
  const decoder = new StringDecoder('utf8')
  const buffer = Buffer.alloc(chunkBytes)
  let offset = 0
  let pending = ''
  return {
    attempt,
    async advance() {
      const file = await open(attemptLayout(runPath, attempt).agentLog, 'r').catch(() => null)
      if (file === null) return
      try {
        for (;;) {
          const { bytesRead } = await file.read(buffer, 0, chunkBytes, offset)
          if (bytesRead === 0) return
          offset += bytesRead
          const text = pending + decoder.write(buffer.subarray(0, bytesRead))
          const end = text.lastIndexOf('\n') + 1
          pending = text.slice(end)
          if (end > 0) write(inertText(text.slice(0, end)))
        }
      } finally {
        await file.close()
      }
    },
    flush() {
      if (pending !== '') write(`${inertText(pending)}\n`)
      pending = ''
    },
  }
}

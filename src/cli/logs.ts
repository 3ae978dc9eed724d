import { open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { BenchError } from '../domain/error.ts'
import { inertText } from '../lib/inert-text.ts'
import { readJournal } from '../run/journal.ts'
import { attemptLayout } from '../run/layout.ts'

const pollMs = 300
const chunkBytes = 64 * 1024

/** Prints an attempt's output, and with `follow` what is added until the run has ended. Polls: shared disks tell nobody. */
export async function showLogs(
  runPath: string,
  options: { readonly follow: boolean; readonly attempt?: number; readonly write: (text: string) => void },
): Promise<void> {
  let offset = 0
  let shown = 0
  const decoder = new StringDecoder('utf8')
  for (;;) {
    const state = await readJournal(runPath)
    const attempt = options.attempt ?? state.attempts.at(-1)?.number
    if (attempt === undefined && !options.follow)
      throw new BenchError('the run has not been started', { code: 'logs/none', kind: 'usage', remedy: 'Use -f to wait for it.' })
    if (attempt !== undefined) {
      if (attempt !== shown) {
        offset = 0
        shown = attempt
      }
      offset = await printFrom(attemptLayout(runPath, attempt).agentLog, offset, (chunk) =>
        options.write(inertText(decoder.write(chunk))),
      )
    }
    if (!options.follow || state.outcome !== null) return
    await new Promise((done) => setTimeout(done, pollMs))
  }
}

async function printFrom(path: string, from: number, print: (chunk: Buffer) => void): Promise<number> {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return from
  try {
    const buffer = Buffer.alloc(chunkBytes)
    for (let offset = from; ; ) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, offset)
      if (bytesRead === 0) return offset
      print(buffer.subarray(0, bytesRead))
      offset += bytesRead
    }
  } finally {
    await file.close()
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Meter } from './meter.ts'

export interface Relayed {
  /** Whether the provider ended as it should. */
  readonly whole: boolean
  readonly bytes: number
  readonly firstByteMs: number | null
}

/**
 * Hands an answer on as it comes, byte for byte, and shows it to the meter. An agent that reads slowly slows the provider
 * down; one that has left does not, and the answer is read on. The response is left open.
 */
export function relay(
  answer: IncomingMessage,
  response: ServerResponse,
  options: { readonly meter: Meter | null; readonly started: number },
): Promise<Relayed> {
  const { meter, started } = options
  const { promise, resolve } = Promise.withResolvers<Relayed>()
  let bytes = 0
  let firstByteMs: number | null = null

  let gathered: Buffer[] = []

  /** What one read has brought goes out in one write, in the same turn of the event loop. */
  function gather(chunk: Buffer): void {
    if (gathered.push(chunk) === 1) process.nextTick(flush)
  }

  function flush(): void {
    const [first] = gathered
    if (first === undefined) return
    const all = gathered.length === 1 ? first : Buffer.concat(gathered)
    gathered = []
    if (!response.destroyed && !response.write(all)) answer.pause()
    meter?.push(all)
  }

  const goOn = (): void => void answer.resume()
  answer.on('data', (chunk: Buffer) => {
    if (firstByteMs === null) firstByteMs = performance.now() - started
    bytes += chunk.length
    gather(chunk)
  })
  response.on('drain', goOn)
  response.on('close', goOn)
  answer.on('error', () => {}) // `close` follows
  answer.on('close', () => {
    flush()
    response.off('drain', goOn)
    response.off('close', goOn)
    resolve({ whole: answer.complete, bytes, firstByteMs })
  })
  return promise
}

/** The beginning of an answer that is not handed on as it is; the rest is read and dropped. */
export async function readBeginning(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of answer) {
      if (!(chunk instanceof Buffer)) continue // there is no encoding set
      const kept = chunk.subarray(0, maxBytes - bytes)
      bytes += kept.length
      if (kept.length > 0) chunks.push(kept)
      if (bytes >= maxBytes) break
    }
  } catch {
    // what came before it was cut is all there is
  }
  return Buffer.concat(chunks)
}

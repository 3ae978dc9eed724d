import type { IncomingMessage } from 'node:http'

export type Body = { readonly bytes: Buffer } | { readonly failed: 'too_large' | 'busy' | 'left' }

export interface BodyReader {
  /** Hold the bytes as long as they are used, then `release` as many. */
  read(request: IncomingMessage, stop: AbortSignal): Promise<Body>
  release(bytes: number): void
}

/** Reads bodies of requests, with a limit on each and on all that are held at a time. */
export function createBodyReader(limits: {
  readonly bodyBytes: number
  readonly heldBytes: number
}): BodyReader {
  let held = 0
  return {
    async read(request, stop) {
      // a length that is announced is refused before anything of it is read
      if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) return { failed: 'too_large' }
      const chunks: Buffer[] = []
      let bytes = 0
      const fail = (failed: 'too_large' | 'busy' | 'left'): Body => {
        held -= bytes
        return { failed }
      }
      const onStop = (): void => void request.destroy()
      stop.addEventListener('abort', onStop)
      try {
        for await (const chunk of request) {
          if (!(chunk instanceof Buffer)) continue // there is no encoding set
          if (bytes + chunk.length > limits.bodyBytes) return fail('too_large')
          if (held + chunk.length > limits.heldBytes) return fail('busy')
          bytes += chunk.length
          held += chunk.length
          chunks.push(chunk)
        }
      } catch {
        return fail('left')
      } finally {
        stop.removeEventListener('abort', onStop)
      }
      return { bytes: Buffer.concat(chunks, bytes) }
    },
    release(bytes) {
      held -= bytes
    },
  }
}

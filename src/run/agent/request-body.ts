import type { IncomingMessage } from 'node:http'
import { parseStrictJson } from '../../lib/strict-json.ts'

export interface RequestBodies {
  /** The body as JSON. Throws a sentence where it is none, or too large. */
  read(request: IncomingMessage, maxBytes: number): Promise<unknown>
}

/** No message of ours is nested as deep. */
const maxDepth = 8

/** Reads what an agent sends, of all its requests together no more than `maxBytes` at a time. */
export function createRequestBodies(maxBytes: number): RequestBodies {
  let held = 0
  return {
    async read(request, maxOwnBytes) {
      const chunks: Buffer[] = []
      let own = 0
      try {
        // the connection stays, for the answer has to go through it
        for await (const chunk of request.iterator({ destroyOnReturn: false })) {
          if (!Buffer.isBuffer(chunk)) continue
          own += chunk.length
          held += chunk.length
          if (own > maxOwnBytes) throw new Error(`the request is larger than ${inMiB(maxOwnBytes)}`)
          if (held > maxBytes)
            throw new Error(`the requests at this moment are together larger than ${inMiB(maxBytes)}`)
          chunks.push(chunk)
        }
        return parseStrictJson(Buffer.concat(chunks), maxDepth)
      } finally {
        held -= own
      }
    },
  }
}

function inMiB(bytes: number): string {
  return `${bytes / 1024 ** 2} MiB`
}

import { Agent, request, type RequestOptions } from 'node:http'

/** Where a server listens: a unix socket, or a port of this machine's loopback. */
export type Address = { readonly socketPath: string } | { readonly port: number }

export interface JsonResponse {
  readonly status: number
  /** The parsed body, or its text when it is not JSON. */
  readonly body: unknown
  readonly text: string
}

export interface JsonClient extends Disposable {
  send(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    options?: { readonly signal?: AbortSignal },
  ): Promise<JsonResponse>
}

const maxResponseBytes = 256 * 1024 * 1024

/**
 * JSON over HTTP/1.1 to a local server, with kept-alive connections and no time-out of its own (a model may think
 * for an hour): the caller's signal is the deadline.
 */
export function createJsonClient(
  address: Address,
  options: { readonly connections?: number } = {},
): JsonClient {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections ?? 64 })
  const target: RequestOptions = 'socketPath' in address ? address : { host: '127.0.0.1', port: address.port }
  return {
    send(method, path, body, { signal } = {}) {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
      return new Promise((resolve, reject) => {
        const outgoing = request(
          {
            ...target,
            method,
            path,
            agent,
            ...(signal === undefined ? {} : { signal }),
            headers:
              payload === undefined
                ? {}
                : { 'content-type': 'application/json', 'content-length': payload.byteLength },
          },
          (incoming) => {
            const chunks: Buffer[] = []
            let bytes = 0
            incoming.on('data', (chunk: Buffer) => {
              bytes += chunk.length
              if (bytes > maxResponseBytes) incoming.destroy(new Error('the answer is larger than 256 MiB'))
              else chunks.push(chunk)
            })
            incoming.on('error', reject)
            incoming.on('end', () => {
              const text = Buffer.concat(chunks).toString('utf8')
              resolve({ status: incoming.statusCode ?? 0, body: parseOr(text), text })
            })
          },
        )
        outgoing.on('error', reject)
        outgoing.end(payload)
      })
    },
    [Symbol.dispose]() {
      agent.destroy()
    },
  }
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

import { Agent, request, type RequestOptions } from 'node:http'
import { Agent as TlsAgent, request as requestOverTls } from 'node:https'

/**
 * Where a server listens: a unix socket, a port of this machine's loopback, or an `http` or `https` URL, below which the
 * paths are, with headers for every request.
 */
export type Address =
  | { readonly socketPath: string }
  | { readonly port: number }
  | { readonly url: string; readonly headers?: Readonly<Record<string, string>> }

export interface JsonResponse {
  readonly status: number
  /** The parsed body, or its text when it is not JSON. */
  readonly body: unknown
  readonly text: string
  /** How long the server asks to be left alone (RFC 9110, 10.2.3, in seconds); null where it does not. */
  readonly retryAfterMs: number | null
}

/** The answer was longer than the caller takes; the rest of it was not read. */
export class AnswerTooLong extends Error {
  constructor(maxBytes: number) {
    super(`the answer is longer than ${maxBytes} bytes`)
    this.name = 'AnswerTooLong'
  }
}

export interface SendOptions {
  readonly signal?: AbortSignal
  /** Default 64 MiB. */
  readonly maxBytes?: number
}

export interface JsonClient extends Disposable {
  send(method: 'GET' | 'POST', path: string, body?: unknown, options?: SendOptions): Promise<JsonResponse>
}

const defaultMaxBytes = 64 * 1024 * 1024

/**
 * JSON over HTTP/1.1, with kept-alive connections and no time-out of its own (a model may think for an hour): the caller's
 * signal is the deadline. Redirects are not followed, for the headers may hold a key.
 */
export function createJsonClient(
  address: Address,
  options: { readonly connections?: number } = {},
): JsonClient {
  const { start, agent, target, prefix, headers } = openRoute(address, options.connections ?? 64)
  return {
    send(method, path, body, { signal, maxBytes = defaultMaxBytes } = {}) {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
      return new Promise((resolve, reject) => {
        const outgoing = start(
          {
            ...target,
            method,
            path: `${prefix}${path}`,
            agent,
            ...(signal === undefined ? {} : { signal }),
            headers: {
              ...headers,
              ...(payload === undefined
                ? {}
                : { 'content-type': 'application/json', 'content-length': payload.byteLength }),
            },
          },
          (incoming) => {
            const chunks: Buffer[] = []
            let bytes = 0
            incoming.on('data', (chunk: Buffer) => {
              bytes += chunk.length
              if (bytes > maxBytes) incoming.destroy(new AnswerTooLong(maxBytes))
              else chunks.push(chunk)
            })
            incoming.on('error', reject)
            incoming.on('end', () => {
              const text = Buffer.concat(chunks).toString('utf8')
              resolve({
                status: incoming.statusCode ?? 0,
                body: parseOr(text),
                text,
                retryAfterMs: parseRetryAfter(incoming.headers['retry-after']),
              })
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

interface Route {
  readonly start: typeof request
  readonly agent: Agent
  readonly target: RequestOptions
  readonly prefix: string
  readonly headers: Readonly<Record<string, string>>
}

function openRoute(address: Address, connections: number): Route {
  const kept = { keepAlive: true, maxSockets: connections }
  if (!('url' in address)) {
    const target = 'socketPath' in address ? address : { host: '127.0.0.1', port: address.port }
    return { start: request, agent: new Agent(kept), target, prefix: '', headers: {} }
  }
  const { protocol, hostname, port, pathname } = new URL(address.url)
  const isTls = protocol === 'https:'
  return {
    start: isTls ? requestOverTls : request,
    agent: isTls ? new TlsAgent(kept) : new Agent(kept),
    // brackets belong to the URL, not to an IPv6 address
    target: { host: hostname.replace(/^\[(.*)\]$/, '$1'), ...(port === '' ? {} : { port: Number(port) }) },
    prefix: pathname.replace(/\/+$/, ''),
    headers: address.headers ?? {},
  }
}

/** A date in its place is not understood: the two clocks may differ. */
function parseRetryAfter(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : null
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

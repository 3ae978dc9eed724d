import { Agent, request as requestOverHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent, request as requestOverTls } from 'node:https'
import type { ApiId, GatewayConfig } from '../domain/gateway.ts'

export interface Exchange {
  /** Rejects when there is no answer. */
  readonly answer: Promise<IncomingMessage>
  /** Ends it, wherever it is. */
  abort(): void
}

export interface Upstream extends Disposable {
  readonly api: ApiId
  send(request: {
    readonly method: string
    readonly path: string
    readonly headers: IncomingHttpHeaders
    readonly body: Buffer | null
  }): Exchange
}

/**
 * A provider, with the real key. Connections are kept; there is no time-out, for a model may think for an hour; redirects
 * are not followed and proxies of the environment not used, for the key goes nowhere else.
 */
export function createUpstream(options: GatewayConfig['upstreams'][string]): Upstream {
  const { api, key } = options
  const base = new URL(options.baseUrl)
  const prefix = base.pathname.replace(/\/+$/u, '')
  const isTls = base.protocol === 'https:'
  const agent = new (isTls ? TlsAgent : Agent)({ keepAlive: true, maxFreeSockets: 64 })
  const start = isTls ? requestOverTls : requestOverHttp
  const keyHeader = options.keyHeader ?? keyHeaders[api]
  const secret = { [keyHeader]: keyHeader === 'authorization' ? `Bearer ${key}` : key }
  return {
    api,
    send({ method, path, headers, body }) {
      const outgoing = start({
        agent,
        protocol: base.protocol,
        hostname: base.hostname.replace(/^\[|\]$/gu, ''),
        port: base.port,
        method,
        path: prefix + path,
        headers: {
          ...keptHeaders(headers, requestHeaders),
          accept: headers.accept ?? '*/*',
          // what is compressed cannot be metered on its way
          'accept-encoding': 'identity',
          ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
          ...secret,
        },
      })
      const answer = new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve)
        // comes before every end without an answer; after one, nobody listens any more
        outgoing.on('error', reject)
      })
      outgoing.end(body ?? undefined)
      return { answer, abort: () => outgoing.destroy(new Error('not wanted any more')) }
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

const keyHeaders: Readonly<Record<ApiId, string>> = {
  anthropic: 'x-api-key',
  openai: 'authorization',
  gemini: 'x-goog-api-key',
}

/** What the agents' CLIs send to be understood, or to tell their sessions apart; nothing that names an account. */
const requestHeaders =
  /^(?:user-agent|anthropic-(?:version|beta|dangerous-direct-browser-access)|x-stainless-[a-z-]+|x-app|x-claude-code-session-id|session[_-]id|thread[_-]id|conversation[_-]id|originator|openai-beta|x-codex-[a-z-]+|x-openai-internal-codex-responses-lite|x-session-id|x-goog-api-client)$/u

const responseHeaders =
  /^(?:content-type|content-length|content-encoding|cache-control|date|request-id|x-request-id|retry-after|retry-after-ms|x-should-retry|anthropic-ratelimit-[a-z-]+|x-ratelimit-[a-z-]+|openai-(?:model|processing-ms|version)|x-models-etag|x-reasoning-included|server-timing)$/u

/** What an answer says about itself and the agent may know. */
export function keptResponseHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return keptHeaders(headers, responseHeaders)
}

function keptHeaders(headers: IncomingHttpHeaders, kept: RegExp): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (typeof value === 'string' && kept.test(name)) result[name] = value
  return result
}

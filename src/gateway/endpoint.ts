import type { ApiId, GatewayConfig } from '../domain/gateway.ts'
import { anthropic } from './wires/anthropic.ts'
import { gemini } from './wires/gemini.ts'
import { openaiChat } from './wires/openai-chat.ts'
import { openaiResponses } from './wires/openai-responses.ts'
import type { Wire } from './wires/wire.ts'

/** What a request line asks for. */
export interface Endpoint {
  readonly upstream: string
  readonly kind: 'messages' | 'count_tokens' | 'responses' | 'compact' | 'chat' | 'generate' | 'models'
  readonly method: 'GET' | 'POST'
  /** Below the upstream's base URL, put together from what is known: nothing of the agent's goes on as it came. */
  readonly path: string
  /** Null where nothing is charged. */
  readonly wire: Wire | null
  /** Where the path says so; the body does otherwise. */
  readonly model: string | null
  /** Likewise. */
  readonly streamed: boolean | null
}

export type Upstreams = GatewayConfig['upstreams']

interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly kind: Endpoint['kind']
  readonly wire: Wire | null
}

const routes: Readonly<Record<Exclude<ApiId, 'gemini'>, readonly Route[]>> = {
  anthropic: [
    { method: 'POST', path: '/v1/messages', kind: 'messages', wire: anthropic },
    { method: 'POST', path: '/v1/messages/count_tokens', kind: 'count_tokens', wire: null },
    { method: 'GET', path: '/v1/models', kind: 'models', wire: null },
  ],
  openai: [
    { method: 'POST', path: '/v1/responses', kind: 'responses', wire: openaiResponses },
    { method: 'POST', path: '/v1/responses/compact', kind: 'compact', wire: openaiResponses },
    { method: 'POST', path: '/v1/chat/completions', kind: 'chat', wire: openaiChat },
    { method: 'GET', path: '/v1/models', kind: 'models', wire: null },
  ],
}

/** What agents send there and providers need. */
const queries: Readonly<Record<ApiId, readonly string[]>> = {
  anthropic: ['beta'],
  openai: ['client_version'],
  gemini: [],
}

/**
 * Null for what is not served. Only paths are taken (an absolute URI, as for a proxy, is none), and of these only those
 * that are known, letter by letter: no dots, no escapes, no doubled slashes.
 */
export function parseEndpoint(method: string, url: string, upstreams: Upstreams): Endpoint | null {
  const [, upstream, path, query] = /^\/([a-z][a-z0-9-]*)(\/[^?#]*)(?:\?([^#]*))?$/u.exec(url) ?? []
  // `constructor` is a name that every object knows
  const known = upstream !== undefined && Object.hasOwn(upstreams, upstream) ? upstreams[upstream] : undefined
  if (upstream === undefined || path === undefined || known === undefined) return null
  if (known.api === 'gemini') return parseGemini(method, path, query ?? '', upstream)
  const route = routes[known.api].find((one) => one.method === method && one.path === path)
  if (route === undefined) return null
  return {
    upstream,
    kind: route.kind,
    method: route.method,
    path: route.path.slice('/v1'.length) + keptQuery(query ?? '', queries[known.api]),
    wire: route.wire,
    model: null,
    streamed: null,
  }
}

const geminiMethods: Readonly<Record<string, Pick<Endpoint, 'kind' | 'streamed' | 'wire'>>> = {
  generateContent: { kind: 'generate', streamed: false, wire: gemini },
  streamGenerateContent: { kind: 'generate', streamed: true, wire: gemini },
  countTokens: { kind: 'count_tokens', streamed: null, wire: null },
}

function parseGemini(method: string, path: string, query: string, upstream: string): Endpoint | null {
  const [, model, name = ''] =
    /^\/v1(?:beta|alpha)?\/models\/([A-Za-z0-9][A-Za-z0-9._-]{0,127}):([A-Za-z]{1,40})$/u.exec(path) ?? []
  const known = Object.hasOwn(geminiMethods, name) ? geminiMethods[name] : undefined
  if (method !== 'POST' || model === undefined || known === undefined) return null
  // without it the stream is one JSON array, which no agent asks for
  const isStream = known.streamed === true
  if (isStream && new URLSearchParams(query).get('alt') !== 'sse') return null
  return {
    ...known,
    upstream,
    method,
    path: `/models/${model}:${name}${isStream ? '?alt=sse' : ''}`,
    model,
  }
}

function keptQuery(query: string, names: readonly string[]): string {
  const given = new URLSearchParams(query)
  const kept = new URLSearchParams()
  for (const name of names) {
    const value = given.get(name)
    if (value !== null && /^[A-Za-z0-9._-]{1,64}$/u.test(value)) kept.set(name, value)
  }
  return kept.size === 0 ? '' : `?${kept.toString()}`
}

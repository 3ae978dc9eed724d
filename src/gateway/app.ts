import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GatewayConfig, GatewayEvent } from '../domain/gateway.ts'
import { bootTimeMs } from '../lib/process.ts'
import { createRedactor } from '../lib/redact.ts'
import { refuse, type Shared } from './asked.ts'
import { openBudget, type Budget } from './budget.ts'
import { parseEndpoint } from './endpoint.ts'
import { openLedger } from './ledger.ts'
import { createPatience } from './patience.ts'
import { createBodyReader } from './read-body.ts'
import { serveRequest } from './serve-request.ts'
import { createTotals } from './totals.ts'
import { createUpstream } from './upstream.ts'

export interface GatewayApp {
  /** Not listening yet. */
  readonly servers: readonly Server[]
  /** Serves nothing any more, waits for what is still to be metered, and closes the ledger. */
  close(): Promise<void>
}

/** The gateway of one attempt, without its process. */
export function createApp(
  config: GatewayConfig,
  on: {
    readonly event: (event: GatewayEvent) => void
    /** A bug of ours: that request ends, and what was reserved for it counts. */
    readonly bug: (error: unknown) => void
  },
): GatewayApp {
  const gateway = randomUUID()
  const secrets = Object.values(config.upstreams).map(({ key }) => key)
  const upstreams = new Map(
    Object.entries(config.upstreams).map(([name, options]) => [name, createUpstream(options)]),
  )
  const emit = onceEach(on.event)
  const shared: Shared = {
    config,
    bodies: createBodyReader(config.limits),
    budget: openCaps(config, gateway),
    ledger: openLedger(config.ledger, config.limits.freeLines),
    totals: createTotals(),
    patience: createPatience({
      limits: config.patience,
      onFailed: (failure) => emit({ event: 'provider_failed', ...failure }),
    }),
    redactor: createRedactor(secrets),
    emit,
    now: () => new Date(),
  }
  shared.ledger.record({
    event: 'opened',
    at: shared.now().toISOString(),
    run: config.run,
    gateway,
  })
  const isToken = createTokenCheck(config.token)
  const stop = new AbortController()
  const deadline = watchDeadline(config.deadlineBootMs, () => stop.abort())
  const active = new Set<Promise<void>>()
  let requests = 0

  async function answer(number: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const upstream = upstreams.get(/^\/([a-z][a-z0-9-]*)\//u.exec(url)?.[1] ?? '') ?? null
    const endpoint = parseEndpoint(method, url, config.upstreams)
    const asked = { number, request, response, upstream, endpoint }
    // Claude Code asks whether anybody is there before it has anything to say
    if (method === 'HEAD') response.writeHead(200).end()
    else if (!isToken(request)) refuse(shared, asked, 'bad_token', 'this is not the run’s token')
    else if (endpoint === null || upstream === null)
      refuse(shared, asked, 'no_such_endpoint', 'this endpoint is not served')
    else if (stop.signal.aborted || deadline.hasPassed())
      refuse(shared, asked, 'deadline', 'the time of the run is over')
    else if (shared.patience.failed())
      refuse(shared, asked, 'provider_failed', 'the provider serves this account no longer')
    else if (active.size > config.limits.requests)
      refuse(shared, asked, 'busy', 'too much is asked at a time')
    else await serveRequest(shared, { ...asked, endpoint, upstream, stop: stop.signal })
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => {}) // whoever serves it sees it closed
    const answered = answer(++requests, request, response).catch((error: unknown) => {
      response.destroy()
      on.bug(error)
    })
    active.add(answered)
    void answered.then(() => active.delete(answered))
  }

  const servers = [config.listen.socket, config.listen.port].flatMap((place) =>
    place === undefined ? [] : [createHardServer(onRequest)],
  )
  return {
    servers,
    async close() {
      const why = deadline.hasPassed() ? 'deadline' : 'asked'
      deadline[Symbol.dispose]()
      stop.abort()
      for (const server of servers) server.close()
      while (active.size > 0) await Promise.allSettled(active)
      for (const server of servers) server.closeAllConnections()
      for (const upstream of upstreams.values()) upstream[Symbol.dispose]()
      shared.ledger.record({
        event: 'closed',
        at: shared.now().toISOString(),
        why,
        requests,
        ...shared.totals.read(),
        waitedMs: Math.round(shared.patience.waitedMs()),
        providerFailed: shared.patience.failed(),
        uncountedLines: shared.ledger.uncounted(),
      })
      shared.ledger[Symbol.dispose]()
      shared.budget?.[Symbol.dispose]()
    },
  }
}

function openCaps({ cap, run }: GatewayConfig, gateway: string): Budget | null {
  if (cap === undefined) return null
  return openBudget({
    file: cap.file,
    run,
    gateway,
    caps: { runNanoUsd: toNano(cap.runUsd), experimentNanoUsd: toNano(cap.experimentUsd) },
  })
}

function toNano(usd: number | undefined): number | null {
  return usd === undefined ? null : Math.floor(usd * 1e9)
}

/** The first of each kind: what follows says nothing new. */
function onceEach(onEvent: (event: GatewayEvent) => void): (event: GatewayEvent) => void {
  const seen = new Set<string>()
  return (event) => {
    const key = event.event === 'budget_exhausted' ? `${event.event} ${event.cap}` : event.event
    if (seen.has(key)) return
    seen.add(key)
    onEvent(event)
  }
}

interface DeadlineWatch extends Disposable {
  hasPassed(): boolean
}

/** Timers stand still while a machine is suspended, its boot clock does not. */
function watchDeadline(bootMs: number | undefined, onPassed: () => void): DeadlineWatch {
  const hasPassed = (): boolean => bootMs !== undefined && bootTimeMs() >= bootMs
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    if (hasPassed()) onPassed()
    else if (bootMs !== undefined)
      timer = setTimeout(look, Math.min(1000, Math.max(1, bootMs - bootTimeMs())))
  }
  look()
  return { hasPassed, [Symbol.dispose]: () => clearTimeout(timer) }
}

/** Of a few agents on this machine, and of whoever pretends to be one. */
function createHardServer(onRequest: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer(
    {
      noDelay: true,
      maxHeaderSize: 64 * 1024,
      headersTimeout: 20_000,
      requestTimeout: 120_000,
      keepAliveTimeout: 120_000,
      connectionsCheckingInterval: 5_000,
      insecureHTTPParser: false,
    },
    onRequest,
  )
  server.maxConnections = 512
  // Codex tries a WebSocket with the built-in provider, and falls back at this answer
  server.on('upgrade', (_request, socket: Duplex) => {
    socket.on('error', () => {})
    socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  })
  server.on('clientError', (_error, socket: Duplex) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    else socket.destroy()
  })
  return server
}

/** CLIs send it where their provider wants the key, some of them in two places. */
function createTokenCheck(token: string): (request: IncomingMessage) => boolean {
  const expected = digest(token)
  return ({ headers }) => {
    const bearer = /^bearer +(\S+)$/iu.exec(headers.authorization ?? '')?.[1]
    const given = [headers['x-api-key'], headers['x-goog-api-key'], bearer]
    return given.some((one) => typeof one === 'string' && timingSafeEqual(digest(one), expected))
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

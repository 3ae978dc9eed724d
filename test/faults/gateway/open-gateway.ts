import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  gatewayConfigSchema,
  ledgerLineSchema,
  type GatewayConfigInput,
  type GatewayEvent,
  type LedgerLine,
} from '../../../src/domain/gateway.ts'
import { createApp } from '../../../src/gateway/app.ts'
import { startGateway, type Gateway } from '../../../src/gateway/start.ts'
import { readJsonl } from '../../../src/lib/jsonl.ts'
import type { Price } from '../../../src/domain/prices.ts'

export const token = 'dummy-token-of-the-run'
export const realKey = 'sk-real-0123456789abcdef'

/** Round figures: a token of the prompt is 1000 nano-dollars, cached 100, written 1250 or 2000, of the answer 5000. */
export const testPrice: Price = {
  model: 'test-model',
  since: '2020-01-01',
  source: 'made up for the tests',
  usdPerMillionTokens: { input: 1, cachedInput: 0.1, cacheWrite: 1.25, cacheWriteHour: 2, output: 5 },
  maxPromptTokens: 100_000,
  maxOutputTokens: 10_000,
}

export interface OpenGateway extends AsyncDisposable {
  readonly url: string
  readonly folder: string
  readonly events: readonly GatewayEvent[]
  readonly log: readonly string[]
  ask(path: string, body: unknown, options?: AskOptions): Promise<Answer>
  /** Closes the gateway first, so that everything is in it. */
  ledger(): Promise<LedgerLine[]>
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  /** Leaves when so many bytes of the answer have come. */
  readonly leaveAfterBytes?: number
}

export interface Answer {
  /** Null when the connection broke before it. */
  readonly status: number | null
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** As long as it should be. */
  readonly whole: boolean
}

type Config = Pick<GatewayConfigInput, 'upstreams'> & Partial<GatewayConfigInput>

/** The gateway's real process, before fake providers. */
export async function openGateway(config: Config): Promise<OpenGateway & { readonly gateway: Gateway }> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-gateway-'))
  const events: GatewayEvent[] = []
  const log: string[] = []
  const gateway = await startGateway(
    { ...usual(folder), ...config },
    { onEvent: (event) => events.push(event), onLog: (line) => log.push(line) },
  )
  return { ...open(folder, gateway), events, log, gateway }
}

/** The same without its process, where many are needed. */
export async function openApp(config: Config): Promise<OpenGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-gateway-'))
  const events: GatewayEvent[] = []
  const log: string[] = []
  const app = createApp(gatewayConfigSchema.parse({ ...usual(folder), ...config }), {
    event: (event) => events.push(event),
    bug: (error) => log.push(String(error)),
  })
  const [server] = app.servers
  if (server === undefined) throw new Error('it listens somewhere')
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // what listens on a port has one
  const { port } = server.address() as AddressInfo
  let closed: Promise<void> | null = null
  return { ...open(folder, { port, close: () => (closed ??= app.close()) }), events, log }
}

function usual(folder: string): Omit<GatewayConfigInput, 'upstreams'> {
  return {
    run: 'run-1',
    token,
    listen: { port: 0 },
    models: { declared: ['test-model'], others: 'refuse' },
    prices: [testPrice],
    ledger: join(folder, 'ledger.jsonl'),
  }
}

function open(folder: string, gateway: Pick<Gateway, 'port' | 'close'>): Omit<OpenGateway, 'events' | 'log'> {
  const url = `http://127.0.0.1:${gateway.port}`
  return {
    url,
    folder,
    ask: (path, body, options) => ask(url + path, body, options),
    async ledger() {
      await gateway.close()
      const { lines, broken } = await readJsonl(join(folder, 'ledger.jsonl'))
      if (broken.length > 0) throw new Error('a line of the ledger is broken')
      return lines.map(({ value }) => ledgerLineSchema.parse(value))
    },
    async [Symbol.asyncDispose]() {
      await gateway.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** An upstream of the tests, with the real key. */
export function upstreamOf(
  api: 'anthropic' | 'openai' | 'gemini',
  { baseUrl }: { readonly baseUrl: string },
): GatewayConfigInput['upstreams'][string] {
  return { api, baseUrl, key: realKey }
}

function ask(url: string, body: unknown, options: AskOptions = {}): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const outgoing = request(url, {
    method: options.method ?? 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...options.headers },
  })
  outgoing.on('error', () => resolve({ status: null, headers: {}, text: '', whole: false }))
  outgoing.on('response', (response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (options.leaveAfterBytes !== undefined && bytes >= options.leaveAfterBytes) outgoing.destroy()
    })
    response.on('error', () => {})
    response.on('close', () =>
      resolve({
        status: response.statusCode ?? null,
        headers: response.headers,
        text: Buffer.concat(chunks).toString('utf8'),
        whole: response.complete,
      }),
    )
  })
  outgoing.end(body === undefined ? undefined : payload)
  return promise
}

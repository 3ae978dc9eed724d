import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiId } from '../../../src/domain/gateway.ts'
import { anthropicApi } from './anthropic.ts'
import { geminiApi } from './gemini.ts'
import { openaiApi } from './openai.ts'
import { recordsIn, type FakeApi, type FakeRequest, type Reply } from './reply.ts'
import { createScript, offersShell, type Scenario, type Turn } from './scenario.ts'

export interface Provider extends AsyncDisposable {
  /** With the version, as a gateway wants it. */
  readonly baseUrl: string
  readonly seen: readonly SeenRequest[]
}

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface ProviderOptions {
  readonly scenario: Scenario
  /** Other keys are refused. */
  readonly key?: string
  /** Every request gets a turn, also one that offers no shell. */
  readonly everyRequest?: true
  /** How an answer is cut into chunks. Default: an event each. */
  readonly chunks?: (frames: readonly string[]) => readonly Buffer[]
  readonly chunkDelayMs?: number
}

const apis: Readonly<Record<ApiId, FakeApi>> = {
  anthropic: anthropicApi,
  openai: openaiApi,
  gemini: geminiApi,
}

/** A provider on the loopback that plays a scenario. */
export async function startProvider(id: ApiId, options: ProviderOptions): Promise<Provider> {
  const api = apis[id]
  const next = createScript(options.scenario)
  const seen: SeenRequest[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('error', () => {})
    response.on('error', () => {})
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8')
      const { method = '', url = '', headers } = request
      seen.push({ method, url, headers, body })
      void answer({ method, url, headers, body }, response)
    })
  })

  async function answer(
    { method, url, headers, body }: SeenRequest,
    response: ServerResponse,
  ): Promise<void> {
    const given = String(headers[api.keyHeader] ?? '').replace(/^Bearer /u, '')
    if (options.key !== undefined && given !== options.key) {
      send(response, { status: 401, message: `not the key: ${given}` }, api)
      return
    }
    const { pathname, searchParams } = new URL(url, 'http://fake')
    const fake: FakeRequest = { method, path: pathname, query: searchParams, body: parse(body) }
    let turn: Turn = {}
    const reply = api.answer(fake, () => {
      turn = next(options.everyRequest === true || offersShell(api.tools(fake.body)))
      return turn
    })
    if (turn.delayMs !== undefined) await sleep(turn.delayMs)
    if (turn.error !== undefined) send(response, turn.error, api)
    else await write(response, reply, turn, options)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // what listens on a port has one
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}${api.version}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function write(
  response: ServerResponse,
  reply: Reply,
  turn: Turn,
  { chunks = (frames) => frames.map((text) => Buffer.from(text)), chunkDelayMs }: ProviderOptions,
): Promise<void> {
  const frames = reply.kind === 'json' ? [JSON.stringify(reply.body)] : reply.frames
  const all = chunks(frames)
  const type = reply.kind === 'json' ? 'application/json' : 'text/event-stream; charset=utf-8'
  const length = reply.kind === 'json' ? { 'content-length': Buffer.byteLength(frames.join('')) } : {}
  response.writeHead(reply.kind === 'json' ? reply.status : 200, { 'content-type': type, ...length })
  for (const [index, chunk] of all.entries()) {
    if (turn.cut && index >= all.length / 2) {
      await sleep(10)
      response.destroy()
      return
    }
    response.write(chunk)
    if (chunkDelayMs !== undefined) await sleep(chunkDelayMs)
  }
  response.end()
}

function send(response: ServerResponse, error: NonNullable<Turn['error']>, api: FakeApi): void {
  response.writeHead(error.status, { 'content-type': 'application/json', ...error.headers })
  response.end(JSON.stringify(api.error(error.status, error)))
}

function parse(text: string): FakeRequest['body'] {
  try {
    return recordsIn([JSON.parse(text)])[0] ?? {}
  } catch {
    return {}
  }
}

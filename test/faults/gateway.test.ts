import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { createConnection, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LedgerLine } from '../../src/domain/gateway.ts'
import { costInNanoUsd } from '../../src/domain/prices.ts'
import { createRng } from '../../src/lib/rng.ts'
import { startProvider } from '../fakes/providers/start.ts'
import type { Turn, TurnUsage } from '../fakes/providers/scenario.ts'
import { callsFor } from './gateway/calls.ts'
import { openApp, realKey, testPrice, token, upstreamOf } from './gateway/open-gateway.ts'

const usages: fc.Arbitrary<TurnUsage> = fc
  .record({
    cached: fc.nat(2000),
    cacheWrite: fc.nat(500),
    cacheWriteHour: fc.nat(500),
    fresh: fc.nat(2000),
    reasoning: fc.nat(50),
    text: fc.nat(50),
  })
  .map(({ fresh, text, ...rest }) => ({
    ...rest,
    input: fresh + rest.cached + rest.cacheWrite + rest.cacheWriteHour,
    output: text + rest.reasoning,
  }))

interface Play {
  readonly usage: TurnUsage
  readonly wire: number
  readonly stream: boolean
  readonly fate: 'whole' | 'leaves' | 'cut' | 'error' | 'retried'
  readonly seed: number
}

const plays: fc.Arbitrary<Play> = fc.record({
  usage: usages,
  wire: fc.nat(3),
  stream: fc.boolean(),
  fate: fc.constantFrom('whole', 'whole', 'leaves', 'cut', 'error', 'retried'),
  seed: fc.nat(2 ** 31),
})

/** What the answer costs, by what the provider plays. Only Anthropic tells apart what is written to its cache. */
function costOf({ usage, wire }: Play): number {
  const { input, cached, cacheWrite, cacheWriteHour, output } = usage
  const written = wire === 0 ? { cacheWrite, cacheWriteHour } : { cacheWrite: 0, cacheWriteHour: 0 }
  const fresh = input - cached - written.cacheWrite - written.cacheWriteHour
  return costInNanoUsd(testPrice, { input: fresh, cachedInput: cached, ...written, output })
}

function turnsOf({ usage, fate }: Play): Turn[] {
  const turn: Turn = { text: 'some text, ünd mehr', reasoning: 'thought', usage }
  if (fate === 'cut') return [{ ...turn, cut: true }]
  if (fate === 'error') return [{ error: { status: 400 } }]
  return fate === 'retried' ? [{ error: { status: 429 } }, { error: { status: 503 } }, turn] : [turn]
}

/** The frames anywhere, in pieces down to a byte. */
function chunksBy(seed: number): (frames: readonly string[]) => Buffer[] {
  return (frames) => {
    const rng = createRng(seed)
    const bytes = Buffer.from(frames.join(''))
    const chunks: Buffer[] = []
    for (let at = 0; at < bytes.length;) {
      const size = rng.pick([1, 2, 7, 40, 400])
      chunks.push(bytes.subarray(at, at + size))
      at += size
    }
    return chunks
  }
}

function expected(one: Play, reservedNanoUsd: number, toldNanoUsd: number): Partial<LedgerLine> {
  const costNanoUsd = costOf(one)
  switch (one.fate) {
    case 'cut':
      // half of a JSON tells nothing, a stream may have told its beginning
      return { final: false, chargedNanoUsd: Math.max(reservedNanoUsd, toldNanoUsd) }
    case 'error':
      return { tokens: null, chargedNanoUsd: 0, status: 400 }
    case 'whole':
    case 'leaves':
    case 'retried':
      return { final: true, costNanoUsd, chargedNanoUsd: costNanoUsd }
  }
}

async function play(one: Play): Promise<void> {
  const call = callsFor(one.stream, 200)[one.wire]
  if (call === undefined) throw new Error('there are four wires')
  await using provider = await startProvider(call.api, {
    scenario: { turns: turnsOf(one) },
    everyRequest: true,
    key: realKey,
    chunks: chunksBy(one.seed),
  })
  await using open = await openApp({
    upstreams: { [call.api]: upstreamOf(call.api, provider) },
    patience: { firstMs: 1 },
  })
  await open.ask(call.path, call.body, one.fate === 'leaves' ? { leaveAfterBytes: 1 } : {})
  const lines = await open.ledger()
  const sent = lines.find((line) => line.event === 'sent')
  const done = lines.find((line) => line.event === 'done')
  expect(done).toMatchObject(expected(one, sent?.reservedNanoUsd ?? 0, done?.costNanoUsd ?? 0))
  expect(lines.at(-1)).toMatchObject({ event: 'closed', chargedNanoUsd: done?.chargedNanoUsd })
  expect(open.log).toEqual([])
}

describe('gateway: meter and budget', () => {
  it('meter exactly what was told, however it is cut, left, refused or tried again', async () => {
    await fc.assert(fc.asyncProperty(plays, play), { numRuns: 60 })
  })

  it('never promise more than the cap, with many requests at a time', async () => {
    await using provider = await startProvider('openai', {
      scenario: {
        turns: [{ text: 'x', usage: { input: 90, cached: 0, output: 100, reasoning: 0 }, times: -1 }],
      },
      everyRequest: true,
    })
    const capNanoUsd = 60_000_000
    await using folder = await openApp({ upstreams: { openai: upstreamOf('openai', provider) } })
    const cap = { file: join(folder.folder, 'spend.jsonl'), experimentUsd: capNanoUsd / 1e9 }
    const gateways = await Promise.all(
      ['a', 'b', 'c'].map((run) =>
        openApp({ run, cap, upstreams: { openai: upstreamOf('openai', provider) } }),
      ),
    )
    const [, , chat] = callsFor(true)
    if (chat === undefined) throw new Error('there are four wires')
    const ends = await Promise.all(
      gateways.map(async (open) => {
        let served = 0
        const worker = async (): Promise<void> => {
          while ((await open.ask(chat.path, chat.body)).status === 200) served++
        }
        await Promise.all([worker(), worker(), worker(), worker()])
        const closed = (await open.ledger()).at(-1)
        return { served, charged: closed?.event === 'closed' ? closed.chargedNanoUsd : Number.NaN }
      }),
    )
    const served = ends.reduce((sum, end) => sum + end.served, 0)
    const charged = ends.reduce((sum, end) => sum + end.charged, 0)
    expect(charged).toBe(served * (90 * 1000 + 100 * 5000))
    expect(charged).toBeLessThanOrEqual(capNanoUsd)
    // what is left does not cover one more request at its most expensive, and those that ran beside it
    expect(charged).toBeGreaterThan(capNanoUsd - 12 * 5_500_000)
    for (const open of gateways) await open[Symbol.asyncDispose]()
  })
})

/** Answers whatever it is told to, as only a broken provider would. */
async function startStrange(
  answer: (body: string) => { readonly type: string; readonly text: string },
): Promise<{ readonly baseUrl: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { type, text } = answer(Buffer.concat(parts).toString('utf8'))
      response.writeHead(200, { 'content-type': type, 'set-cookie': 'a=b', location: 'http://x' }).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // what listens on a port has one
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const [messages, , chat] = callsFor(false)
if (messages === undefined || chat === undefined) throw new Error('there are four wires')

function doneIn(lines: readonly LedgerLine[]) {
  return lines.find((line) => line.event === 'done')
}

describe('gateway: strange providers', () => {
  it.each([-1, 1.5, 1e300, '100', null, {}, 9e15])('usage of %j tokens is none', async (tokens) => {
    const usage = { prompt_tokens: tokens, completion_tokens: 5 }
    await using provider = await startStrange(() => ({
      type: 'application/json',
      text: JSON.stringify({ choices: [], usage }),
    }))
    await using open = await openApp({ upstreams: { openai: upstreamOf('openai', provider) } })
    const answer = await open.ask(chat.path, chat.body)
    expect(answer.headers).not.toHaveProperty('set-cookie')
    const lines = await open.ledger()
    const sent = lines.find((line) => line.event === 'sent')
    expect(doneIn(lines)).toMatchObject({ tokens: null, final: false, chargedNanoUsd: sent?.reservedNanoUsd })
  })

  it('an event without an end is handed on and counts in full', async () => {
    const text = `data: {"usage":${'x'.repeat(40 * 1024 * 1024)}`
    await using provider = await startStrange(() => ({ type: 'text/event-stream', text }))
    await using open = await openApp({ upstreams: { openai: upstreamOf('openai', provider) } })
    const answer = await open.ask(chat.path, chat.body)
    const hash = (all: string): string => createHash('sha256').update(all).digest('hex')
    expect(hash(answer.text)).toBe(hash(text))
    expect(doneIn(await open.ledger())).toMatchObject({ tokens: null, final: false })
  })
})

/** Raw bytes, and what came back until the connection closed. */
async function sendRaw(url: string, bytes: string): Promise<string> {
  const connection = createConnection(Number(new URL(url).port), '127.0.0.1')
  const chunks: Buffer[] = []
  connection.on('data', (chunk: Buffer) => chunks.push(chunk))
  connection.on('error', () => {})
  connection.write(bytes, 'latin1')
  await new Promise((resolve) => connection.once('close', resolve))
  return Buffer.concat(chunks).toString('latin1')
}

const head = `host: x\r\nconnection: close\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`
const good = JSON.stringify(messages.body)
const post = (path: string, body = good, more = ''): string =>
  `POST ${path} HTTP/1.1\r\n${head}${more}content-length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`
const path = '/anthropic/v1/messages'

describe('gateway: hostile requests', () => {
  it.each([
    ['an absolute URI', post('http://evil.example/anthropic/v1/messages')],
    ['an absolute URI of ours', post('http://127.0.0.1/anthropic/v1/messages')],
    ['a tunnel', `CONNECT evil.example:443 HTTP/1.1\r\n${head}\r\n`],
    ['dots in the path', post('/anthropic/v1/messages/../organizations')],
    ['escapes in the path', post('/anthropic/v1/%6dessages')],
    ['another endpoint', post('/anthropic/v1/files')],
    ['a batch', post('/anthropic/v1/messages/batches')],
    ['an upstream that is none', post('/constructor/v1/messages')],
    ['a name of the prototype', post('/__proto__/v1/messages')],
    ['two lengths', post(path, good, 'content-length: 5\r\n')],
    ['a length and chunks', post(path, good, 'transfer-encoding: chunked\r\n')],
    ['a line break in a header', post(path, good, 'user-agent: a\r\n evil: b\r\n')],
    ['a bare line feed', `POST ${path} HTTP/1.1\n${head}\n${good}`],
    ['NUL in a header', post(path, good, 'user-agent: a\u0000b\r\n')],
    ['headers beyond measure', post(path, good, `x-app: ${'a'.repeat(100_000)}\r\n`)],
    ['a compressed body', post(path, good, 'content-encoding: gzip\r\n')],
    ['no JSON', post(path, '{"model":')],
    ['a list', post(path, '[]')],
    ['no model', post(path, '{"max_tokens":5}')],
    ['a model that is no text', post(path, '{"model":["test-model"]}')],
    ['two models', post(path, `{"model":"other",${good.slice(1)}`)],
    ['two models, one escaped', post(path, `{"mod\\u0065l":"other",${good.slice(1)}`)],
    ['a body that is no UTF-8', post(path, good.replace('hi', 'h\u00ff'))],
    ['nesting', post(path, `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)},${good.slice(1)}`)],
    [
      'an announced length beyond measure',
      `POST ${path} HTTP/1.1\r\n${head}content-length: 99999999999\r\n\r\n`,
    ],
    ['a Gemini model with a slash', post('/gemini/v1beta/models/a/b:generateContent')],
  ])('%s reaches no provider', async (_name, bytes) => {
    await using provider = await startProvider('anthropic', { scenario: { turns: [{ text: 'x' }] } })
    const upstream = upstreamOf('anthropic', provider)
    await using open = await openApp({
      upstreams: { anthropic: upstream, gemini: { ...upstream, api: 'gemini' } },
    })
    const text = await sendRaw(open.url, bytes)
    expect(text).not.toMatch(/^HTTP\/1\.1 200/u)
    expect(provider.seen).toEqual([])
    // and the next one is served
    expect(await open.ask(path, messages.body)).toMatchObject({ status: 200 })
    expect(open.log).toEqual([])
    expect(JSON.stringify(await open.ledger())).not.toContain(realKey)
  })

  it('requests one behind the other are each metered', async () => {
    await using provider = await startProvider('anthropic', {
      scenario: { turns: [{ text: 'x', times: -1 }] },
      everyRequest: true,
    })
    await using open = await openApp({ upstreams: { anthropic: upstreamOf('anthropic', provider) } })
    const kept = post(path).replace('connection: close', 'connection: keep-alive')
    const text = await sendRaw(open.url, kept + kept + post(path))
    expect(text.match(/HTTP\/1\.1 200/gu)).toHaveLength(3)
    expect((await open.ledger()).filter((line) => line.event === 'done')).toHaveLength(3)
  })

  it('a body beyond the limit, and more than is held at a time, is refused', async () => {
    await using provider = await startProvider('anthropic', {
      scenario: { turns: [{ text: 'x', times: -1, delayMs: 300 }] },
      everyRequest: true,
    })
    await using open = await openApp({
      upstreams: { anthropic: upstreamOf('anthropic', provider) },
      limits: { bodyBytes: 10_000, heldBytes: 15_000, requests: 3 },
    })
    const body = { ...messages.body, padding: 'x'.repeat(8000) }
    expect(await open.ask(path, { ...body, padding: 'x'.repeat(20_000) })).toMatchObject({ status: 413 })
    const answers = await Promise.all([1, 2, 3, 4].map(() => open.ask(path, body)))
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(3)
    expect(await open.ask(path, body)).toMatchObject({ status: 200 })
  })

  it('a body that never ends holds up nobody, and not the end', async () => {
    await using provider = await startProvider('anthropic', { scenario: { turns: [] } })
    await using open = await openApp({ upstreams: { anthropic: upstreamOf('anthropic', provider) } })
    const slow = sendRaw(open.url, `POST ${path} HTTP/1.1\r\n${head}content-length: 100\r\n\r\n{"mod`)
    expect(await open.ask(path, messages.body)).toMatchObject({ status: 200 })
    expect((await open.ledger()).at(-1)).toMatchObject({ event: 'closed', requests: 2 })
    expect(await slow).toBe('')
  })

  it('a flood of refused requests does not flood the ledger', async () => {
    await using provider = await startProvider('anthropic', { scenario: { turns: [] } })
    await using open = await openApp({
      upstreams: { anthropic: upstreamOf('anthropic', provider) },
      limits: { freeLines: 10 },
    })
    for (let n = 0; n < 30; n++) await open.ask('/anthropic/v1/nothing', {})
    const lines = await open.ledger()
    expect(lines).toHaveLength(12)
    expect(lines.at(-1)).toMatchObject({ event: 'closed', requests: 30, uncountedLines: 20 })
  })
})

import { writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startProvider, type ProviderOptions } from '../../test/fakes/providers/start.ts'
import { callsFor, type Call } from '../../test/faults/gateway/calls.ts'
import { openApp, openGateway, realKey, token, upstreamOf } from '../../test/faults/gateway/open-gateway.ts'
import type { GatewayConfigInput, LedgerLine } from '../domain/gateway.ts'
import { bootTimeMs } from '../lib/process.ts'

const usage = { input: 1000, cached: 200, output: 50, reasoning: 10 }
const usual: ProviderOptions = {
  scenario: { turns: [{ text: 'Hello, wörld', reasoning: 'hm', usage, times: -1 }] },
  everyRequest: true,
  key: realKey,
}
/** 800 × 1000 + 200 × 100 + 50 × 5000. */
const usualNanoUsd = 1_070_000

/** A provider, and a gateway before it, for one kind of call. */
async function setUp(
  call: Pick<Call, 'api'>,
  options: Partial<ProviderOptions> = {},
  config: Partial<GatewayConfigInput> = {},
) {
  const provider = await startProvider(call.api, { ...usual, ...options })
  const opened = await openApp({ upstreams: { [call.api]: upstreamOf(call.api, provider) }, ...config })
  return {
    ...opened,
    provider,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

function done(lines: readonly LedgerLine[]) {
  return lines.filter((line) => line.event === 'done')
}

describe.each([
  ['whole answers', callsFor(false)],
  ['streams', callsFor(true)],
])('%s', (_name, calls) => {
  it.each(calls.map((call) => [call.wire, call] as const))(
    'of %s pass byte for byte and are metered',
    async (_wire, call) => {
      await using open = await setUp(call)
      const answer = await open.ask(call.path, call.body)
      expect(answer.status).toBe(200)
      const direct = await fetch(
        new URL(open.provider.baseUrl.replace(/\/v1.*$/u, '') + call.path.replace(/^\/[a-z]+/u, '')),
        {
          method: 'POST',
          headers: { 'x-api-key': realKey, 'x-goog-api-key': realKey, authorization: `Bearer ${realKey}` },
          body: open.provider.seen[0]?.body ?? '',
        },
      )
      expect(answer.text).toBe(await direct.text())
      const [line] = done(await open.ledger())
      expect(line).toMatchObject({
        model: 'test-model',
        status: 200,
        end: 'whole',
        final: true,
        tokens: { input: 800, cachedInput: 200, cacheWrite: 0, output: 50 },
        costNanoUsd: usualNanoUsd,
        chargedNanoUsd: 0 + usualNanoUsd,
        tries: 1,
      })
    },
  )
})

const [messages, responses, chat, gemini] = callsFor(true)
if (messages === undefined || responses === undefined || chat === undefined || gemini === undefined)
  throw new Error('there are four wires')

describe('the key', () => {
  it('replaces the token, and stands in no ledger, answer or log', async () => {
    await using open = await setUp(messages, { key: 'another-key' })
    const answer = await open.ask(messages.path, messages.body, {
      headers: { cookie: 'a=b', 'x-api-key': token },
    })
    // the provider quotes what it was given
    expect(answer.text).not.toContain(realKey)
    const [seen] = open.provider.seen
    expect(seen?.headers['x-api-key']).toBe(realKey)
    expect(seen?.headers).not.toHaveProperty('authorization')
    expect(seen?.headers).not.toHaveProperty('cookie')
    expect(JSON.stringify(await open.ledger())).not.toContain(realKey)
    expect(open.log.join('\n')).not.toContain(realKey)
    expect(open.events).toContainEqual({
      event: 'provider_failed',
      reason: 'provider_auth',
      waitedMs: 0,
      status: 401,
    })
  })

  it('is given for the token of the run alone', async () => {
    await using open = await setUp(messages)
    const headers = { authorization: 'Bearer another' }
    expect(await open.ask(messages.path, messages.body, { headers })).toMatchObject({ status: 401 })
    expect(open.provider.seen).toEqual([])
  })

  it('is not in what the config’s error says', async () => {
    const upstreams = { 'Bad Name': { ...upstreamOf('openai', { baseUrl: 'http://x/v1' }), api: 'nonsense' } }
    // @ts-expect-error there is no such API
    await expect(openGateway({ upstreams })).rejects.toThrow('the config is wrong at upstreams')
    // @ts-expect-error there is no such API
    await expect(openGateway({ upstreams })).rejects.not.toThrow(realKey)
  })
})

describe('a spend cap', () => {
  it.each(callsFor(true).map((call) => [call.wire, call] as const))(
    'ends %s with the status at which its CLIs give up',
    async (_wire, call) => {
      await using open = await setUp(call)
      const file = join(open.folder, 'spend.jsonl')
      // enough for one request and what it really costs, not for two
      await using capped = await openApp({
        upstreams: { [call.api]: upstreamOf(call.api, open.provider) },
        cap: { file, runUsd: 0.0055 },
      })
      expect(await capped.ask(call.path, call.body)).toMatchObject({ status: 200 })
      const refused = await capped.ask(call.path, call.body)
      expect(refused.status).toBe(call.finalStatus)
      expect(refused.headers['x-should-retry']).toBe('false')
      expect(refused.text).toContain('budget exhausted')
      expect(capped.events).toEqual([{ event: 'budget_exhausted', cap: 'run' }])
      const lines = await capped.ledger()
      expect(lines.at(-2)).toMatchObject({ event: 'refused', reason: 'budget_run' })
      expect(lines.at(-1)).toMatchObject({ event: 'closed', requests: 2, chargedNanoUsd: usualNanoUsd })
    },
  )

  it('reserves the model’s longest answer where a request states none', async () => {
    await using open = await setUp(responses)
    const { max_output_tokens: _, ...body } = responses.body
    await using capped = await openApp({
      upstreams: { openai: upstreamOf('openai', open.provider) },
      cap: { file: join(open.folder, 'spend.jsonl'), experimentUsd: 0.05 },
    })
    expect(await capped.ask(responses.path, body)).toMatchObject({ status: 400 })
    expect(await capped.ask(responses.path, responses.body)).toMatchObject({ status: 200 })
    expect(capped.events).toEqual([{ event: 'budget_exhausted', cap: 'experiment' }])
  })

  it('serves no model without a price, and nothing that costs more than is told', async () => {
    await using open = await setUp(responses)
    await using capped = await openApp({
      upstreams: { openai: upstreamOf('openai', open.provider) },
      models: { declared: ['test-model', 'unpriced'], others: 'allow' },
      cap: { file: join(open.folder, 'spend.jsonl'), runUsd: 100 },
    })
    for (const change of [{ model: 'unpriced' }, { background: true }, { service_tier: 'priority' }])
      expect(await capped.ask(responses.path, { ...responses.body, ...change })).toMatchObject({
        status: 400,
      })
    expect(open.provider.seen).toEqual([])
    const reasons = (await capped.ledger()).flatMap((line) => (line.event === 'refused' ? [line.reason] : []))
    expect(reasons).toEqual(['no_price', 'not_metered', 'not_metered'])
  })

  it('counts an answer that broke off with all that was reserved for it', async () => {
    const scenario = { turns: [{ text: 'a text that is cut', cut: true as const }] }
    await using open = await setUp(messages, { scenario })
    await using capped = await openApp({
      upstreams: { anthropic: upstreamOf('anthropic', open.provider) },
      cap: { file: join(open.folder, 'spend.jsonl'), runUsd: 1 },
    })
    expect(await capped.ask(messages.path, messages.body)).toMatchObject({ status: 200, whole: false })
    const lines = await capped.ledger()
    const sent = lines.find((line) => line.event === 'sent')
    const [line] = done(lines)
    // what `message_start` told is known all the same
    expect(line).toMatchObject({ end: 'cut', final: false, tokens: { input: 800, output: 1 } })
    expect(line?.chargedNanoUsd).toBe(sent?.reservedNanoUsd)
    expect(line?.chargedNanoUsd).toBeGreaterThan(line?.costNanoUsd ?? 0)
  })
})

describe('an agent that leaves', () => {
  it('is metered to the end of what it asked for', async () => {
    await using open = await setUp(messages, { chunkDelayMs: 20 })
    const answer = await open.ask(messages.path, messages.body, { leaveAfterBytes: 10 })
    expect(answer.whole).toBe(false)
    await sleep(100)
    const [line] = done(await open.ledger())
    expect(line).toMatchObject({ end: 'left', final: true, costNanoUsd: usualNanoUsd })
  })

  it('does not keep the gateway longer than it may', async () => {
    const scenario = { turns: [{ text: 'late', delayMs: 20_000 }] }
    await using open = await setUp(messages, { scenario }, { limits: { drainMs: 50 } })
    const asked = open.ask(messages.path, messages.body)
    await sleep(100)
    const lines = await open.ledger()
    expect(await asked).toMatchObject({ status: null })
    expect(done(lines)[0]).toMatchObject({ end: 'stopped', status: null, tokens: null, final: false })
  })
})

describe('the deadline', () => {
  it('cuts what is being served, and nothing is served after it', async () => {
    await using provider = await startProvider('anthropic', { ...usual, chunkDelayMs: 100 })
    await using open = await openApp({
      upstreams: { anthropic: upstreamOf('anthropic', provider) },
      deadlineBootMs: bootTimeMs() + 300,
    })
    const cut = await open.ask(messages.path, messages.body)
    expect(cut.whole).toBe(false)
    for (const call of [messages, { ...messages, path: '/anthropic/v1/messages/count_tokens' }])
      expect(await open.ask(call.path, call.body)).toMatchObject({ status: 403 })
    expect(provider.seen).toHaveLength(1)
    const lines = await open.ledger()
    expect(done(lines)[0]).toMatchObject({ end: 'stopped', final: true })
    expect(lines.at(-1)).toMatchObject({ event: 'closed', why: 'deadline' })
  })
})

describe('a provider in trouble', () => {
  const patience = { firstMs: 10 }

  it('is waited for in the agent’s place', async () => {
    const error = { status: 429, headers: { 'retry-after': '0' } }
    const scenario = { turns: [{ error, times: 2 }, { error: { status: 529 } }, { text: 'there', usage }] }
    await using open = await setUp(responses, { scenario }, { patience })
    expect(await open.ask(responses.path, responses.body)).toMatchObject({ status: 200 })
    const lines = await open.ledger()
    expect(done(lines)[0]).toMatchObject({ tries: 4, status: 200, costNanoUsd: usualNanoUsd })
    expect(done(lines)[0]?.waitedMs).toBeGreaterThan(20)
    expect(open.events).toEqual([])
  })

  it('is to blame when it is waited for too long', async () => {
    const scenario = { turns: [{ error: { status: 429 }, times: -1 }] }
    await using open = await setUp(responses, { scenario }, { patience: { firstMs: 10, attemptMs: 30 } })
    expect(await open.ask(responses.path, responses.body)).toMatchObject({ status: 400 })
    expect(await open.ask(responses.path, responses.body)).toMatchObject({ status: 400 })
    expect(open.events).toMatchObject([{ event: 'provider_failed', reason: 'provider_unavailable' }])
    expect((await open.ledger()).at(-1)).toMatchObject({ providerFailed: true })
  })

  it('is not waited for when the account has no quota', async () => {
    const scenario = { turns: [{ error: { status: 429, code: 'insufficient_quota' }, times: -1 }] }
    await using open = await setUp(responses, { scenario })
    expect(await open.ask(responses.path, responses.body)).toMatchObject({ status: 400 })
    expect(open.events).toMatchObject([{ event: 'provider_failed', reason: 'provider_quota' }])
    expect(open.provider.seen).toHaveLength(1)
  })

  it('says what is wrong with a request, and that costs nothing', async () => {
    const error = { status: 400, message: 'prompt is too long' }
    await using open = await setUp(messages, { scenario: { turns: [{ error }] } })
    const answer = await open.ask(messages.path, messages.body)
    expect(answer).toMatchObject({ status: 400 })
    expect(answer.text).toContain('prompt is too long')
    expect(done(await open.ledger())[0]).toMatchObject({ chargedNanoUsd: 0, tokens: null })
  })

  it('is not followed elsewhere', async () => {
    const error = { status: 302, headers: { location: 'http://127.0.0.1:1/' } }
    await using open = await setUp(messages, { scenario: { turns: [{ error }] } })
    const answer = await open.ask(messages.path, messages.body)
    expect(answer.status).toBe(502)
    expect(answer.headers).not.toHaveProperty('location')
  })
})

describe('models', () => {
  const other = { ...messages.body, model: 'other\u001b[31m\nmodel' }

  it('that are not declared are refused and recorded', async () => {
    await using open = await setUp(messages)
    expect(await open.ask(messages.path, other)).toMatchObject({ status: 403 })
    const path = gemini.path.replace('test-model', 'other')
    await using google = await setUp(gemini)
    expect(await google.ask(path, gemini.body)).toMatchObject({ status: 403 })
    expect([...open.provider.seen, ...google.provider.seen]).toEqual([])
    expect((await open.ledger())[1]).toMatchObject({
      event: 'refused',
      reason: 'model_not_declared',
      model: 'other model',
    })
  })

  it('that are not declared are served and recorded where the policy allows it, in tokens alone', async () => {
    const models = { declared: ['test-model'], others: 'allow' as const }
    await using open = await setUp(messages, {}, { models })
    expect(await open.ask(messages.path, other)).toMatchObject({ status: 200 })
    const lines = await open.ledger()
    expect(lines[1]).toMatchObject({ event: 'sent', declared: false, reservedNanoUsd: null })
    expect(done(lines)[0]).toMatchObject({ tokens: { output: 50 }, costNanoUsd: null })
    expect(lines.at(-1)).toMatchObject({ unpriced: ['other model'], costNanoUsd: 0 })
  })
})

describe('the process', () => {
  it('serves a unix socket, and ends with whoever started it', async () => {
    await using open = await setUp(messages)
    const socket = join(open.folder, 'gateway.sock')
    await using second = await openGateway({
      upstreams: { anthropic: upstreamOf('anthropic', open.provider) },
      listen: { socket },
    })
    expect(second.gateway).toMatchObject({ socket, port: null })
    const connection = createConnection(socket)
    connection.end('HEAD /anthropic/api/hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    const answer = await connection.setEncoding('utf8').toArray()
    expect(answer.join('')).toContain('200 OK')
    await second.gateway.close()
    expect(await second.gateway.exited).toEqual({ code: 0, signal: null })
  })

  it('leaves what it had sent in the ledger when it is killed', async () => {
    await using provider = await startProvider('anthropic', { ...usual, chunkDelayMs: 1000 })
    await using open = await openGateway({ upstreams: { anthropic: upstreamOf('anthropic', provider) } })
    const asked = open.ask(messages.path, messages.body)
    await expect.poll(() => provider.seen.length).toBe(1)
    process.kill(open.gateway.pid, 'SIGKILL')
    await asked
    expect((await open.ledger()).map(({ event }) => event)).toEqual(['opened', 'sent'])
  })

  it('does not start with a cap that cannot be kept', async () => {
    await expect(
      openGateway({
        upstreams: { openai: upstreamOf('openai', { baseUrl: 'http://127.0.0.1:1/v1' }) },
        models: { declared: ['test-model', 'unpriced'], others: 'refuse' },
        cap: { file: '/nowhere', runUsd: 1 },
      }),
    ).rejects.toThrow('a spend cap needs the price and the limits of unpriced in catalog/prices.yaml')
  })

  it('does not start where the ledger cannot be written', async () => {
    await using open = await setUp(messages)
    const file = join(open.folder, 'file')
    await writeFile(file, '')
    const upstreams = { anthropic: upstreamOf('anthropic', open.provider) }
    await expect(openGateway({ upstreams, ledger: join(file, 'ledger.jsonl') })).rejects.toThrow(
      'the gateway ended before it listened',
    )
  })
})

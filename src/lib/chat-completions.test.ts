import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import {
  CompletionRefused,
  CompletionUnavailable,
  renderCompletionBody,
  requestCompletion,
  type CompletionOptions,
} from './chat-completions.ts'
import { createAdaptiveConcurrency } from './adaptive-concurrency.ts'
import { createJsonClient } from './http-json.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

async function ask(
  answers: readonly Answer[],
  retries = 2,
  patienceMs = 4000,
  more: Partial<CompletionOptions> = {},
): Promise<Awaited<ReturnType<typeof requestCompletion>>> {
  let call = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () =>
      (answers[Math.min(call++, answers.length - 1)] ?? garbage)(request, response, body),
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  using client = createJsonClient({ port: (server.address() as AddressInfo).port }) // it listens on TCP
  try {
    return await requestCompletion(
      client,
      { messages: [{ role: 'user', content: 'hi' }], maxTokens: 4, temperature: 0, seed: 7 },
      { model: 'm', signal: AbortSignal.timeout(5000), retries, patienceMs, ...more },
    )
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const json =
  (status: number, body: unknown): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
const good = json(200, {
  choices: [{ message: { content: 'hello' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 1 },
})
const garbage: Answer = (_, response) => response.end('<html>')

it('sends what was asked and nothing else, and reads the answer', async () => {
  let sent: unknown
  const completion = await ask([
    (request, response, body) => {
      sent = JSON.parse(body)
      good(request, response, body)
    },
  ])
  expect(sent).toEqual({
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    max_tokens: 4,
    temperature: 0,
    seed: 7,
  })
  expect(completion).toEqual({ text: 'hello', finishReason: 'stop', promptTokens: 3, completionTokens: 1 })
})

it('tries again after a 503, a 429 and a broken connection', async () => {
  const hangUp: Answer = (request) => request.socket.destroy()
  expect((await ask([json(503, {}), hangUp, good])).text).toBe('hello')
  expect((await ask([json(429, {}), good])).text).toBe('hello')
})

it('says that the server is unavailable when the tries are used up', async () => {
  await expect(ask([json(500, { error: { message: 'on fire' } })], 1)).rejects.toThrow(CompletionUnavailable)
})

it('counts a refusal against the sample, and what only a text can be blamed for', async () => {
  await expect(ask([json(400, { error: { message: 'maximum context length' } })])).rejects.toThrow(
    'maximum context length',
  )
  const silent = json(200, { choices: [{ message: { content: null } }] })
  await expect(ask([silent])).rejects.toThrow(CompletionRefused)
  const long = json(200, { choices: [{ message: { content: 'a'.repeat(20_000) } }] })
  await expect(ask([long])).rejects.toThrow('longer than 16512 bytes')
})

it.each([
  ['HTML', garbage],
  ['no choices', json(200, {})],
  ['empty choices', json(200, { choices: [] })],
  ['a text that is none', json(200, { choices: [{ message: { content: 7 } }] })],
])('blames the server for %s', async (_, answer) => {
  expect((await ask([answer, good])).text).toBe('hello')
  await expect(ask([answer], 1)).rejects.toThrow(CompletionUnavailable)
})

it('waits for a busy server as long as that asks for, and not for ever', async () => {
  const calls: number[] = []
  const busy: Answer = (_, response) => {
    calls.push(performance.now())
    response.writeHead(429, { 'retry-after': '1' }).end('{}')
  }
  expect((await ask([busy, good], 0)).text).toBe('hello')
  const answered = performance.now()
  expect(answered - (calls[0] ?? answered)).toBeGreaterThanOrEqual(1000)
  await expect(ask([json(503, {})], 0, 300)).rejects.toThrow('busy without end: HTTP 503')
})

it('takes a null content beside tool calls for an empty text, and absurd usage for none', async () => {
  const answer = json(200, {
    choices: [{ message: { content: null, tool_calls: [] } }],
    usage: { prompt_tokens: -1, completion_tokens: 'x' },
  })
  expect(await ask([answer])).toEqual({
    text: '',
    finishReason: 'unknown',
    promptTokens: 0,
    completionTokens: 0,
  })
})

it('offers tools to be used or not, as the published evaluation does', () => {
  const body = renderCompletionBody({ messages: [], maxTokens: 1, tools: [{ type: 'function' }] }, 'm')
  expect(body).toEqual({
    model: 'm',
    messages: [],
    max_tokens: 1,
    tools: [{ type: 'function' }],
    tool_choice: 'auto',
  })
})

it('reads tool calls that the server took out of the text, and calls none a list of none', async () => {
  const call = { id: '1', type: 'function', function: { name: 'f', arguments: '{"a": 1}' } }
  const answer = (calls: unknown): Answer =>
    json(200, { choices: [{ message: { content: null, tool_calls: calls } }] })
  expect((await ask([answer([call])])).toolCalls).toEqual([{ name: 'f', arguments: '{"a": 1}' }])
  expect(await ask([answer([])])).not.toHaveProperty('toolCalls')
  await expect(ask([answer([{ function: { name: 'f' } }])], 0)).rejects.toThrow(CompletionUnavailable)
})

it('gives a try up at its deadline, takes it for a sign that there is too much to do, and tries again', async () => {
  const adaptive = createAdaptiveConcurrency({ highest: 8, first: 8 })
  const hang: Answer = () => {}
  expect((await ask([hang, good], 1, 4000, { deadlineMs: 100, adaptive })).text).toBe('hello')
  expect(adaptive.limit).toBe(1)
  await expect(ask([hang], 0, 4000, { deadlineMs: 100 })).rejects.toThrow('there was no answer within 0.1 s')
})

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { CompletionRefused, CompletionUnavailable, requestCompletion } from './chat-completions.ts'
import { createJsonClient } from './http-json.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

async function ask(
  answers: readonly Answer[],
  retries = 2,
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
      { model: 'm', signal: AbortSignal.timeout(5000), retries },
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

it('counts a refusal, and an answer that is none, against the sample', async () => {
  await expect(ask([json(400, { error: { message: 'maximum context length' } })])).rejects.toThrow(
    'maximum context length',
  )
  await expect(ask([garbage])).rejects.toThrow(CompletionRefused)
  await expect(ask([json(200, { choices: [] })])).rejects.toThrow(CompletionRefused)
  await expect(ask([json(200, { choices: [{ message: { content: 7 } }] })])).rejects.toThrow(
    CompletionRefused,
  )
})

it('takes a null content for an empty text and absurd usage for none', async () => {
  const answer = json(200, {
    choices: [{ message: { content: null } }],
    usage: { prompt_tokens: -1, completion_tokens: 'x' },
  })
  expect(await ask([answer])).toEqual({
    text: '',
    finishReason: 'unknown',
    promptTokens: 0,
    completionTokens: 0,
  })
})

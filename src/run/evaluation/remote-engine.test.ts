import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { remote } from '../../engines/remote.ts'
import { requestCompletion } from '../../lib/chat-completions.ts'
import { connectEngine } from './remote-engine.ts'

const { signal } = new AbortController()

/** An endpoint with the key `right` and the model `mine`. */
async function startEndpoint(): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    request.resume()
    if (request.headers.authorization !== 'Bearer right') response.writeHead(401).end('{}')
    else if (request.url === '/base/v1/models') response.end('{"data":[{"id":"mine"},{"id":"other"}]}')
    else if (request.url === '/base/v1/chat/completions')
      response.end('{"choices":[{"message":{"content":"hi"}}]}')
    else response.writeHead(404).end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}/base/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

it('answers like an engine of ours', async () => {
  await using at = await startEndpoint()
  const endpoint = { url: at.url, key: 'right' }
  await using engine = await connectEngine({ engine: remote, endpoint, model: 'mine', signal })
  const request = { messages: [{ role: 'user', content: 'hi' }], maxTokens: 4 }
  const completion = await requestCompletion(engine.client, request, { model: engine.modelName, signal })
  expect(completion.text).toBe('hi')
})

it.each([
  ['a wrong key', { key: 'wrong', model: 'mine' }, 'does not take the key'],
  ['a model that it does not have', { key: 'right', model: 'his' }, 'has no model "his"'],
])('says so at once: %s', async (_, { key, model }, message) => {
  await using at = await startEndpoint()
  const connecting = connectEngine({ engine: remote, endpoint: { url: at.url, key }, model, signal })
  await expect(connecting).rejects.toThrow(message)
})

it('says so at once when nobody is there', async () => {
  const endpoint = { url: 'http://127.0.0.1:1/v1', key: 'hunter2' }
  const connecting = connectEngine({ engine: remote, endpoint, model: 'm', signal })
  await expect(connecting).rejects.toThrow('the endpoint does not answer')
})

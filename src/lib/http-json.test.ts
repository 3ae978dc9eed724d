import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createJsonClient } from './http-json.ts'

interface Seen {
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
}

async function serve(server: Server): Promise<AsyncDisposable & { port: number; seen: Seen[] }> {
  const seen: Seen[] = []
  server.on('request', (request, response) => {
    seen.push({ url: request.url, headers: request.headers })
    request.resume()
    response.end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

it('asks below the path of a URL, with its headers', async () => {
  await using server = await serve(createServer())
  const headers = { authorization: 'Bearer key' }
  using client = createJsonClient({ url: `http://127.0.0.1:${server.port}/some/base/`, headers })
  expect((await client.send('POST', '/v1/x', { a: 1 })).status).toBe(200)
  expect(server.seen[0]).toMatchObject({
    url: '/some/base/v1/x',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
  })
})

it('speaks TLS to an https URL, and refuses a server that cannot prove its name', async () => {
  await using server = await serve(createTlsServer())
  const headers = { authorization: 'Bearer the-secret' }
  using client = createJsonClient({ url: `https://127.0.0.1:${server.port}`, headers })
  const error = await client.send('GET', '/').then(String, (failure: unknown) => String(failure))
  expect(error).toMatch(/SSL|TLS|handshake|EPROTO|socket/i)
  expect(error).not.toContain('the-secret')
  expect(server.seen).toEqual([])
})

it('does not follow a redirect with its headers', async () => {
  await using elsewhere = await serve(createServer())
  const redirecting = createServer((_, response) => {
    response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` }).end()
  })
  await new Promise<void>((done) => redirecting.listen(0, '127.0.0.1', done))
  using client = createJsonClient({
    url: `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`, // it listens on TCP
    headers: { authorization: 'Bearer key' },
  })
  expect((await client.send('GET', '/')).status).toBe(307)
  expect(elsewhere.seen).toEqual([])
  redirecting.closeAllConnections()
  redirecting.close()
})

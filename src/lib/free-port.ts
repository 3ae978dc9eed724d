import { createServer } from 'node:net'

/** A loopback port that nobody listens on now. Only for sandboxes that share the machine's network. */
export function findFreePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer()
  server.on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => {
      if (typeof address === 'object' && address !== null) resolve(address.port)
      else reject(new Error('the system gave no port'))
    })
  })
  return promise
}

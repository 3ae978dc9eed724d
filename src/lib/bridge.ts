import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** A TCP port of the loopback, or a unix socket. */
export type Endpoint =
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/**
 * Carries bytes both ways between whoever connects to `listen` and `target`; each direction ends on its own.
 * Resolves when it listens, rejects when it cannot. A client whose target refuses is disconnected.
 */
export function openBridge(listen: Endpoint, target: Endpoint): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    join(client, createConnection({ ...address(target), allowHalfOpen: true, noDelay: true }))
  })
  server.once('error', reject)
  server.listen(address(listen), () => resolve(server))
  return promise
}

function join(client: Socket, upstream: Socket): void {
  client.on('error', () => upstream.destroy())
  upstream.on('error', () => client.destroy())
  client.pipe(upstream)
  upstream.pipe(client)
}

function address(endpoint: Endpoint): { host: string; port: number } | { path: string } {
  return endpoint.kind === 'tcp' ? { host: '127.0.0.1', port: endpoint.port } : { path: endpoint.path }
}

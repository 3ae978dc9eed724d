import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createConnection, createServer as createSocketServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findFreePort } from '../../src/lib/free-port.ts'
import { until } from './bench.ts'
import type { Rig } from './rig.ts'

export function describeNetwork(rig: Rig): void {
  describe('network', { concurrent: false }, () => {
    const probeScript = (port: number): string =>
      `fetch('http://127.0.0.1:${port}').then(async r => console.log(await r.text()), () => console.log('refused'))`

    test('that is isolated reaches nothing of the host', async (context) => {
      rig.needs(context, 'isolatesNetwork')
      await using server = await listen()
      await using run = await rig.node(
        `${probeScript(server.port)}.then(() => console.log(Object.keys(os.networkInterfaces()).join()))`,
      )
      expect((await run.finish()).stdout).toBe('refused\nlo\n')
    })

    test('that is open reaches the host', async () => {
      await using server = await listen()
      await using run = await rig.node(probeScript(server.port), { network: 'open' })
      expect((await run.finish()).stdout).toBe('hello from the host\n')
    })

    test('is bridged from a port inside to a socket of the harness', async () => {
      const socketPath = join(rig.bench.socketDir, 'echo.sock')
      const echo = createSocketServer({ allowHalfOpen: true }, (client) => client.pipe(client))
      await once(echo.listen(socketPath), 'listening')
      const port = await findFreePort()
      await using run = await rig.node(
        `const c = net.connect(${port}, '127.0.0.1'); let n = 0; c.end('x'.repeat(1e6)); c.on('data', d => n += d.length); c.on('end', () => console.log(n))`,
        { exposes: [{ port, socketPath: rig.inSockets('echo.sock') }] },
      )
      expect((await run.finish()).stdout).toBe('1000000\n')
      echo.close()
    })

    test('is bridged from a socket of the harness to a port inside', async () => {
      const port = await findFreePort()
      await using run = await rig.node(
        `http.createServer((q, r) => r.end('served inside ' + q.url)).listen(${port}, '127.0.0.1', () => console.log('up'))`,
        { forwards: [{ socketPath: rig.inSockets('engine.sock'), port }] },
      )
      await until(() => run.stdout() === 'up\n')
      const client = createConnection(join(rig.bench.socketDir, 'engine.sock'))
      client.end('GET /x HTTP/1.0\r\n\r\n')
      expect(Buffer.concat(await client.toArray()).toString()).toContain('served inside /x')
      await rm(join(rig.bench.socketDir, 'engine.sock'), { force: true })
    })
  })
}

interface HostServer extends AsyncDisposable {
  readonly port: number
}

async function listen(): Promise<HostServer> {
  const server = createServer((_, response) => response.end('hello from the host'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address: AddressInfo | string | null = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

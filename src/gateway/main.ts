import { createReadStream, writeSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import type { Server } from 'node:http'
import { gatewayConfigSchema, type GatewayConfig, type GatewayEvent } from '../domain/gateway.ts'
import { createRedactor } from '../lib/redact.ts'
import { createApp } from './app.ts'
import { modelsWithoutPrice } from './policy.ts'

/**
 * The gateway's process: `node main.ts`, its config as JSON on descriptor 3, one event a line on stdout. It lives as long
 * as its stdin is open, so that it ends with whoever started it. See `start.ts`.
 */
async function runGateway(): Promise<void> {
  const config = await readConfig(3)
  checkPrices(config)
  const { redact } = createRedactor(Object.values(config.upstreams).map(({ key }) => key))
  const log = (error: unknown): void => {
    process.stderr.write(
      `${redact(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
    )
  }
  process.on('uncaughtException', (error) => {
    log(error)
    process.exit(70)
  })

  const app = createApp(config, { event: say, bug: log })
  const { socket, port } = config.listen
  const [first, second] = app.servers
  if (first !== undefined) await listen(first, socket === undefined ? { port: port ?? 0 } : { path: socket })
  if (second !== undefined) await listen(second, { port: port ?? 0 })
  say({ event: 'ready', socket: socket ?? null, port: portOf(app.servers) })

  let closing = false
  const close = async (): Promise<void> => {
    if (closing) return
    closing = true
    await app.close()
    process.exit(0)
  }
  process.stdin.on('end', () => void close())
  process.stdin.on('close', () => void close())
  process.stdin.on('error', () => void close())
  process.stdin.resume()
  process.on('SIGTERM', () => void close())
  process.on('SIGINT', () => {}) // of a terminal: whoever started us ends us
}

/** What is wrong is told by its place alone, for the value may be a key. */
async function readConfig(descriptor: number): Promise<GatewayConfig> {
  const text = await buffer(createReadStream('', { fd: descriptor }))
  let value: unknown
  try {
    value = JSON.parse(text.toString('utf8'))
  } catch {
    throw new Error('the config is not JSON')
  }
  const parsed = gatewayConfigSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Error(
    `the config is wrong at ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`,
  )
}

/** Before anything is spent. */
function checkPrices(config: GatewayConfig): void {
  const missing =
    config.cap === undefined ? [] : modelsWithoutPrice(config, new Date().toISOString().slice(0, 10))
  if (missing.length > 0)
    throw new Error(
      `a spend cap needs the price and the limits of ${missing.join(', ')} in catalog/prices.yaml`,
    )
}

function listen(server: Server, where: { readonly port: number } | { readonly path: string }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen('port' in where ? { ...where, host: '127.0.0.1' } : where, resolve)
  return promise
}

function portOf(servers: readonly Server[]): number | null {
  for (const server of servers) {
    const address = server.address()
    if (typeof address === 'object' && address !== null) return address.port
  }
  return null
}

function say(event: GatewayEvent): void {
  try {
    writeSync(1, `${JSON.stringify(event)}\n`)
  } catch {
    // nobody listens: stdin is about to end
  }
}

try {
  await runGateway()
} catch (error) {
  process.stderr.write(`gateway: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(3)
}

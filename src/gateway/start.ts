import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { BenchError } from '../domain/error.ts'
import { gatewayEventSchema, type GatewayConfigInput, type GatewayEvent } from '../domain/gateway.ts'
import { readLines } from '../lib/line-stream.ts'

export interface Gateway extends AsyncDisposable {
  readonly pid: number
  /** Null where it listens on none. */
  readonly socket: string | null
  readonly port: number | null
  /** Of its process, however it ends. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Serves nothing from now on, meters what is under way, ends. The ledger is complete when it resolves. */
  close(): Promise<void>
}

export interface StartOptions {
  /** Everything it says but `ready`. */
  readonly onEvent?: (event: GatewayEvent) => void
  readonly onLog?: (line: string) => void
  /** Of its JavaScript objects; buffers of bodies come on top, see `limits.heldBytes`. */
  readonly heapMiB?: number
  /** Absent: from source. The bundle `gateway.mjs` needs a third less memory. */
  readonly program?: string
}

const source = fileURLToPath(new URL('main.ts', import.meta.url))

const flags = [
  // a signal that opens a debugger would open it to the keys
  '--disable-sigusr1',
  '--max-semi-space-size=1',
  '--optimize-for-size',
]

/** Starts a gateway in a process of its own, which ends with this one. Resolves when it listens. */
export async function startGateway(config: GatewayConfigInput, options: StartOptions = {}): Promise<Gateway> {
  const { onEvent = () => {}, onLog = () => {}, heapMiB = 512, program = source } = options
  const child = spawn(
    process.execPath,
    [...flags, `--max-old-space-size=${heapMiB}`, program],
    // one arena: the others cost tens of megabytes and serve threads that have nothing to do
    { env: { MALLOC_ARENA_MAX: '1' }, stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true },
  )
  const exited = Promise.withResolvers<{ code: number | null; signal: string | null }>()
  const ready = Promise.withResolvers<Extract<GatewayEvent, { event: 'ready' }>>()
  let lastWords = ''
  child.once('error', () => exited.resolve({ code: null, signal: null }))
  child.once('close', (code, signal) => exited.resolve({ code, signal }))
  void exited.promise.then(({ code, signal }) =>
    ready.reject(
      new BenchError(`the gateway ended before it listened (${signal ?? code}): ${lastWords}`, {
        code: 'gateway/not_started',
        kind: 'environment',
      }),
    ),
  )
  readLines(child.stderr, (line) => {
    lastWords = line
    onLog(line)
  })
  readLines(child.stdout, (line) => {
    const event = gatewayEventSchema.parse(JSON.parse(line))
    if (event.event === 'ready') ready.resolve(event)
    else onEvent(event)
  })
  child.stdin.on('error', () => {}) // it has ended
  giveConfig(child.stdio[3], config)

  const { socket, port } = await ready.promise
  const close = async (): Promise<void> => {
    child.stdin.end()
    await exited.promise
  }
  if (child.pid === undefined) throw new Error('what listens has a pid')
  return { pid: child.pid, socket, port, exited: exited.promise, close, [Symbol.asyncDispose]: close }
}

function giveConfig(pipe: Readable | Writable | null | undefined, config: GatewayConfigInput): void {
  if (pipe === null || pipe === undefined || !('end' in pipe))
    throw new Error('there is no descriptor for the config')
  pipe.on('error', () => {}) // it has ended
  pipe.end(JSON.stringify(config))
}

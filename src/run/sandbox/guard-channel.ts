import { chmod, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import * as z from 'zod'
import type { GuardCommand, GuardConfig, GuardEvent } from '../../domain/guard.ts'
import { readLines } from '../../lib/line-stream.ts'

/** The supervisor's end of the line to one guard. */
interface GuardConnection {
  readonly hello: Promise<Extract<GuardEvent, { event: 'hello' }>>
  readonly closed: Promise<void>
  onEvent(listener: (event: GuardEvent) => void): void
  /** Does nothing when the guard is gone. */
  send(message: GuardConfig | GuardCommand): void
  close(): void
}

export interface GuardListener extends Disposable {
  readonly connected: Promise<GuardConnection>
}

/** `sun_path` has 108 bytes on Linux and 104 on macOS, one of them for its end. */
const maxSocketPathBytes = 103

/**
 * Waits for exactly one connection at `path`: the guard connects before anything of the payload exists. Afterwards nobody
 * can connect any more, and disposing closes the door.
 */
export async function listenForGuard(path: string): Promise<GuardListener> {
  if (Buffer.byteLength(path) > maxSocketPathBytes) throw new Error(`${path} is too long for a unix socket`)
  await rm(path, { force: true })
  const connected = Promise.withResolvers<GuardConnection>()
  const server = createServer((socket) => {
    server.close()
    connected.resolve(connect(socket))
  })
  server.maxConnections = 1
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(path, resolve)
  await promise
  await chmod(path, 0o600)
  return {
    connected: connected.promise,
    [Symbol.dispose]() {
      server.close() // removes the socket's file too
    },
  }
}

/** An agent of the same user can take the guard over, so what comes from it is checked. */
const eventSchema: z.ZodType<GuardEvent> = z.discriminatedUnion('event', [
  z.object({ event: z.literal('hello'), pid: z.number(), pidNamespace: z.string().nullable() }),
  z.object({ event: z.literal('starting') }),
  z.object({ event: z.literal('started'), pid: z.number() }),
  z.object({ event: z.literal('failed'), message: z.string() }),
  z.object({
    event: z.literal('exited'),
    code: z.number().nullable(),
    signal: z.string().nullable(),
    bootMs: z.number(),
  }),
  z.object({
    event: z.literal('terminating'),
    why: z.enum(['asked', 'deadline', 'supervisor_gone']),
    bootMs: z.number(),
  }),
  z.object({ event: z.literal('killed'), why: z.enum(['asked', 'deadline', 'supervisor_gone']) }),
])

function connect(socket: Socket): GuardConnection {
  const hello = Promise.withResolvers<Extract<GuardEvent, { event: 'hello' }>>()
  const closed = Promise.withResolvers<void>()
  let listener: (event: GuardEvent) => void = () => {}
  readLines(socket, (line) => {
    const event = parseEvent(line)
    if (event === null) socket.destroy()
    else if (event.event === 'hello') hello.resolve(event)
    else listener(event)
  })
  socket.on('error', () => {}) // 'close' follows
  socket.on('close', () => closed.resolve())
  return {
    hello: hello.promise,
    closed: closed.promise,
    onEvent: (given) => (listener = given),
    send(message) {
      // A write to a guard that is gone ends the socket with what it last said unread: first what has arrived is read.
      setImmediate(() => {
        if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
      })
    },
    close: () => socket.destroy(),
  }
}

function parseEvent(line: string): GuardEvent | null {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}

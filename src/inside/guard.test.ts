import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { GuardConfig } from '../domain/guard.ts'
import { readLines } from '../lib/line-stream.ts'
import { pidNamespaceOf } from '../lib/process-scan.ts'
import { isSameProcessAlive, processIdentity } from '../lib/process.ts'

interface Guarded extends AsyncDisposable {
  readonly guard: ChildProcess
  readonly socket: Socket
  /** The default payload ignores TERM from now on. */
  readonly trapped: Promise<unknown>
  /** The next event, e.g. `{ event: 'started', pid: 7 }`. */
  next(): Promise<unknown>
}

/** A guard on this machine, without a sandbox, and this test as its supervisor. */
async function startGuard(config: Partial<GuardConfig>): Promise<Guarded> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-guard-'))
  const server = createServer()
  await once(server.listen(join(folder, 's')), 'listening')
  const guard = spawn(process.execPath, [join(import.meta.dirname, 'guard.ts'), join(folder, 's')])
  const trapped = once(guard.stdout, 'data')
  const [socket]: Socket[] = await once(server, 'connection')
  if (socket === undefined) throw new Error('no guard')
  const lines: string[] = []
  readLines(socket, (line) => {
    lines.push(line)
    socket.emit('line')
  })
  const next = async (): Promise<unknown> => {
    while (lines.length === 0) await once(socket, 'line')
    return JSON.parse(lines.shift() ?? '')
  }
  expect(await next()).toMatchObject({ event: 'hello', pid: guard.pid })
  const complete: GuardConfig = {
    argv: ['/bin/sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done'],
    env: {},
    cwd: '/',
    user: null,
    deadlineInMs: null,
    graceMs: 100,
    forwards: [],
    exposes: [],
    killScope: { kind: 'group', marker: `PTB_SANDBOX=${folder}`, cgroups: [] },
    ...config,
  }
  socket.write(`${JSON.stringify(complete)}\n`)
  return {
    guard,
    socket,
    trapped,
    next,
    async [Symbol.asyncDispose]() {
      socket.destroy()
      if (guard.exitCode === null && guard.signalCode === null) await once(guard, 'exit')
      server.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function startedPid(guarded: Guarded): Promise<number> {
  expect(await guarded.next()).toEqual({ event: 'starting' })
  const event = await guarded.next()
  expect(event).toMatchObject({ event: 'started', pid: expect.any(Number) })
  return typeof event === 'object' && event !== null && 'pid' in event ? Number(event.pid) : 0
}

test('kills the payload and ends when its supervisor is gone', async () => {
  await using guarded = await startGuard({})
  const payload = processIdentity(await startedPid(guarded))
  if (payload === null) throw new Error('the payload does not run')
  guarded.socket.destroy()
  expect(await once(guarded.guard, 'exit')).toEqual([137, null])
  expect(isSameProcessAlive(payload)).toBe(false)
})

test('asked to terminate, kills after the grace what ignores TERM', async () => {
  await using guarded = await startGuard({})
  await startedPid(guarded)
  await guarded.trapped
  guarded.socket.write('{"command":"terminate","graceMs":200}\n')
  expect(await guarded.next()).toEqual({ event: 'terminating', why: 'asked', bootMs: expect.any(Number) })
  expect(await guarded.next()).toEqual({ event: 'killed', why: 'asked' })
  expect(await guarded.next()).toMatchObject({ event: 'exited', code: null, signal: 'SIGKILL' })
})

test('passes a signal on to the payload', async () => {
  await using guarded = await startGuard({ argv: ['/bin/sleep', '60'] })
  await startedPid(guarded)
  guarded.socket.write('{"command":"signal","signal":"SIGUSR1"}\n')
  expect(await guarded.next()).toMatchObject({ event: 'exited', code: null, signal: 'SIGUSR1' })
})

test('starts nothing when it is told to kill a namespace that is not its own', async (context) => {
  const outside = pidNamespaceOf('self')
  if (outside === null) context.skip('there are no pid namespaces here')
  await using guarded = await startGuard({ killScope: { kind: 'namespace', outside: outside ?? '' } })
  expect(await guarded.next()).toEqual({
    event: 'failed',
    message: 'the sandbox has no pid namespace of its own',
  })
})

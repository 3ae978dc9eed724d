import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { constants } from 'node:os'
import type { GuardCommand, GuardConfig, GuardEnd, GuardEvent, KillScope } from '../domain/guard.ts'
import { openBridge } from '../lib/bridge.ts'
import { groupMembers } from '../lib/cgroup.ts'
import { readLines } from '../lib/line-stream.ts'
import { processesWithEnvironment, processTree, pidNamespaceOf } from '../lib/process-scan.ts'
import { bootTimeMs } from '../lib/process.ts'

/**
 * The harness's first process in every sandbox: `node guard.mjs SOCKET`. It starts the payload with its own stdout and
 * stderr, bridges sockets, and makes sure that nothing outlives the supervisor or the deadline. Its exit ends the sandbox.
 */

/** The supervisor acts at the deadline; the guard only when it did not. */
const deadlineSlackMs = 3000
/** From the kill to the guard's own end, if nothing ends it before. */
const leaveAfterMs = 500

function runGuard(socketPath: string): void {
  const supervisor = createConnection(socketPath)
  let config: GuardConfig | null = null
  let payload: ChildProcess | null = null
  let exitCode = 1
  let deadlineBootMs = Number.POSITIVE_INFINITY
  let killer: NodeJS.Timeout | null = null

  function report(event: GuardEvent): void {
    if (supervisor.writable) supervisor.write(`${JSON.stringify(event)}\n`)
  }

  /** On its way before the payload can do anything about it. */
  function announce(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const event: GuardEvent = { event: 'starting' }
    supervisor.write(`${JSON.stringify(event)}\n`, () => resolve())
    return promise
  }

  function terminate(why: GuardEnd, graceMs: number): void {
    if (killer !== null || config === null) return
    report({ event: 'terminating', why, bootMs: bootTimeMs() })
    signalAll(config.killScope, payload, 'SIGTERM')
    killer = setTimeout(() => kill(why), graceMs)
  }

  function kill(why: GuardEnd): void {
    setTimeout(() => process.exit(exitCode), leaveAfterMs)
    if (config !== null) signalAll(config.killScope, payload, 'SIGKILL')
    report({ event: 'killed', why })
    if (config?.killScope.kind === 'group') {
      // Without a namespace, whose end is the end of all, whoever was started between look and kill is still there.
      const { killScope } = config
      setInterval(() => signalAll(killScope, payload, 'SIGKILL'), 50)
    } else if (payload !== null && isRunning(payload)) payload.once('exit', leave)
    else leave()
  }

  function leave(): void {
    if (supervisor.writable) supervisor.end(() => process.exit(exitCode))
    else process.exit(exitCode)
  }

  async function start(given: GuardConfig): Promise<void> {
    config = given
    if (given.deadlineInMs !== null) deadlineBootMs = bootTimeMs() + given.deadlineInMs
    try {
      checkScope(given.killScope)
      await openBridges(given)
      await announce()
    } catch (error) {
      fail(error)
      return
    }
    await run(given)
  }

  async function run(given: GuardConfig): Promise<void> {
    try {
      payload = await startPayload(given)
    } catch (error) {
      fail(error)
      return
    }
    payload.on('exit', (code, signal) => {
      exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
      report({ event: 'exited', code, signal, bootMs: bootTimeMs() })
    })
    report({ event: 'started', pid: payload.pid ?? 0 })
  }

  function fail(error: unknown): void {
    report({ event: 'failed', message: error instanceof Error ? error.message : String(error) })
  }

  function obey(command: GuardCommand): void {
    switch (command.command) {
      case 'terminate':
        terminate('asked', command.graceMs)
        break
      case 'kill':
        kill('asked')
        break
      case 'run':
        if (config !== null && killer === null && (payload === null || !isRunning(payload)))
          void run({ ...config, argv: command.argv, env: command.env })
        break
      case 'signal':
        if (payload?.pid !== undefined) signalGroup(payload.pid, command.signal)
        break
    }
  }

  supervisor.on('connect', () =>
    report({ event: 'hello', pid: process.pid, pidNamespace: pidNamespaceOf('self') }),
  )
  readLines(supervisor, (line) => {
    // Nobody else has this socket: the supervisor, of the same version, wrote the line from these very types.
    if (config === null) void start(JSON.parse(line))
    else obey(JSON.parse(line))
  })
  supervisor.on('error', () => {}) // 'close' follows
  supervisor.on('close', () => kill('supervisor_gone'))
  setInterval(() => {
    if (bootTimeMs() > deadlineBootMs + deadlineSlackMs) terminate('deadline', config?.graceMs ?? 0)
  }, 500)
  surviveSignals(supervisor)
}

/** Signals meant for the payload may reach its guard too, and a socket error must not end it before its duty is done. */
function surviveSignals(supervisor: Socket): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const)
    process.on(signal, () => {})
  process.on('uncaughtException', (error) => {
    process.stderr.write(`guard: ${error.stack ?? error.message}\n`)
    supervisor.destroy()
  })
}

async function openBridges(config: GuardConfig): Promise<void> {
  for (const { port, socketPath } of config.exposes)
    await openBridge({ kind: 'tcp', port }, { kind: 'unix', path: socketPath })
  for (const { port, socketPath } of config.forwards) {
    await openBridge({ kind: 'unix', path: socketPath }, { kind: 'tcp', port })
    chmodSync(socketPath, 0o600)
  }
}

function startPayload(config: GuardConfig): Promise<ChildProcess> {
  const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>()
  const [command = '', ...args] = config.argv
  const lower = raiseMemoryScore()
  const child = spawn(command, args, {
    env: config.env,
    cwd: config.cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
    ...config.user,
  })
  lower()
  child.once('spawn', () => resolve(child))
  child.once('error', reject)
  return promise
}

/**
 * When memory runs out, the kernel shall take the largest process of the payload and not its guard, with which all
 * would end. A child inherits the score, and going back to where one was needs no privilege: proc(5), oom_score_adj.
 */
function raiseMemoryScore(): () => void {
  const path = '/proc/self/oom_score_adj'
  try {
    const own = readFileSync(path, 'utf8')
    writeFileSync(path, '500')
    return () => writeFileSync(path, own)
  } catch {
    return () => {} // not Linux, or not for this process to say
  }
}

/** In the supervisor's own namespace, `kill(-1)` would reach the whole machine. */
function checkScope(scope: KillScope): void {
  if (scope.kind === 'group') return
  const own = pidNamespaceOf('self')
  if (own === null || own === scope.outside) throw new Error('the sandbox has no pid namespace of its own')
}

function signalAll(scope: KillScope, payload: ChildProcess | null, signal: 'SIGTERM' | 'SIGKILL'): void {
  checkScope(scope)
  if (scope.kind === 'namespace') {
    send(-1, signal)
    return
  }
  const found = [
    ...processesWithEnvironment(scope.marker).map(({ pid }) => pid),
    ...groupMembers(scope.cgroups),
  ]
  if (payload?.pid !== undefined) {
    if (isRunning(payload)) found.push(...processTree(payload.pid).map(({ pid }) => pid))
    signalGroup(payload.pid, signal)
  }
  for (const pid of new Set(found)) if (pid > 1 && pid !== process.pid) send(pid, signal)
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  send(-leader, signal)
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // nobody is left to signal
  }
}

runGuard(process.argv[2] ?? '')

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from '../../domain/error.ts'
import type { SandboxCommand } from '../../domain/sandbox.ts'
import type { ProgramResult } from '../../domain/scoring.ts'
import { processTree } from '../../lib/process-scan.ts'
import type { LimitGroup } from '../sandbox/limit-group.ts'
import { confinedCommand, createWorkFolder, go, greeting, type Confinement } from './confinement.ts'
import { foreseeMarkedDeath, foreseeNamespaceDeath, killIfAlive, type ProgramDeath } from './program-death.ts'
import { openProgramGroup, removeProgramGroup } from './program-limits.ts'

export type Exceeded = ProgramResult['exceeded']

/** A process in a sandbox of its own. It has pipes and no guard: it lives for seconds and serves nobody. */
export interface ConfinedProcess {
  write(text: string): void
  endInput(): void
  kill(exceeded?: Exceeded): void
  /** Resolves when everything of it is dead and its output has been read. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly exceeded: Exceeded }>
}

export interface ConfinedOptions {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly onStdout: (chunk: Buffer) => void
  readonly onStderr: (chunk: Buffer) => void
  readonly signal: AbortSignal
}

const startTimeoutMs = 60_000
/** What the dead have written is in the pipes already. */
const drainMs = 500

/** Resolves when the program runs. Nothing of it does before it is known how to prove its death. */
export async function startConfined(place: Confinement, options: ConfinedOptions): Promise<ConfinedProcess> {
  const { flags } = place
  options.signal.throwIfAborted()
  const name = place.names.take()
  const folder = await createWorkFolder(place, name)
  const group = openProgramGroup(name, place.limits, flags)
  const killsBefore = countMemoryKills(group)
  const marker = `PTB_SANDBOX=${randomBytes(8).toString('hex')}`
  const env = flags.isolatesProcesses
    ? options.env
    : { ...options.env, ...Object.fromEntries([marker.split('=')]) }
  const child = spawnCommand(
    confinedCommand(place, { ...options, env, name, folder, group }),
    place.inherited,
  )

  let death: ProgramDeath | null = null
  let stopped: { readonly exceeded: Exceeded } | null = null
  const kill = (exceeded: Exceeded = null): void => {
    stopped ??= { exceeded }
    // Whose parent is killed while it sets up its namespaces may not notice: a sandbox that starts is let do so.
    if (death === null) return
    child.kill('SIGKILL')
    death.kill()
  }
  const onAbort = (): void => kill()
  options.signal.addEventListener('abort', onAbort)
  let timer = setTimeout(() => killTree(child.pid), startTimeoutMs)

  const gone = awaitExit(child)
  const ended = gone.then(async (code) => {
    clearTimeout(timer)
    options.signal.removeEventListener('abort', onAbort)
    await death?.prove()
    await drain(child)
    const outOfMemory = countMemoryKills(group) > killsBefore
    const exceeded = stopped?.exceeded ?? (outOfMemory ? 'memory' : null)
    await removeProgramGroup(group)
    await folder.remove()
    place.names.giveBack(name)
    return { exitCode: stopped !== null || exceeded !== null ? null : code, exceeded }
  })
  ended.catch(() => {}) // for whoever waits for it

  let said = ''
  const onEarlyStderr = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-2000)
  }
  child.stderr.on('data', onEarlyStderr)
  const greeted = await Promise.race([readGreeting(child, options.onStdout), gone.then(() => false)])
  try {
    if (!greeted || stopped !== null) throw new Error(said.trim() || 'it said nothing')
    const pid = child.pid ?? 0
    death = flags.isolatesProcesses ? foreseeNamespaceDeath(pid) : foreseeMarkedDeath(pid, group, marker)
  } catch (error) {
    killTree(child.pid)
    await ended
    options.signal.throwIfAborted()
    throw startFailed(error)
  }
  child.stderr.off('data', onEarlyStderr)
  child.stderr.on('data', options.onStderr)
  clearTimeout(timer)
  timer = setTimeout(() => kill('time'), options.timeoutMs)
  child.stdin.write(go)
  return { write: (text) => child.stdin.write(text), endInput: () => child.stdin.end(), kill, ended }
}

function spawnCommand(command: SandboxCommand, inherited: readonly number[]): ChildProcessWithoutNullStreams {
  const [program = '', ...args] = command.argv
  const nothing = openSync('/dev/null', 'r')
  const others = Array.from({ length: Math.max(2, ...inherited) - 2 }, (_, at) =>
    inherited.includes(at + 3) ? nothing : 'ignore',
  )
  const child = spawn(program, args, {
    env: command.env,
    cwd: command.cwd ?? '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', ...others],
    ...command.user,
  }) as ChildProcessWithoutNullStreams // the first three are pipes
  closeSync(nothing)
  child.stdin.on('error', () => {}) // it may end without reading its input
  return child
}

/** Exit code of the program, or of its sandbox, as a shell puts it. */
function awaitExit(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve) => {
    child.on('error', () => resolve(null))
    child.on('exit', (code, signal) => resolve(signal === null ? code : 128 + constants.signals[signal]))
  })
}

async function drain(child: ChildProcessWithoutNullStreams): Promise<void> {
  const closed = new Promise((resolve) => child.once('close', resolve))
  if (!child.stdout.closed || !child.stderr.closed) await Promise.race([closed, sleep(drainMs)])
  child.stdout.destroy()
  child.stderr.destroy()
}

/** The first line is the waiting shell's, what follows is the program's. */
function readGreeting(
  child: ChildProcessWithoutNullStreams,
  onStdout: (chunk: Buffer) => void,
): Promise<true> {
  const { promise, resolve } = Promise.withResolvers<true>()
  let early = Buffer.alloc(0)
  child.stdout.on('data', function wait(chunk: Buffer) {
    early = Buffer.concat([early, chunk])
    if (early.length < greeting.length) return
    child.stdout.off('data', wait)
    child.stdout.on('data', onStdout)
    if (early.length > greeting.length) onStdout(early.subarray(greeting.length))
    resolve(true)
  })
  return promise
}

/** Of a group that a killed harness left, there may have been some. */
function countMemoryKills({ cgroup }: LimitGroup): number {
  return cgroup?.usage().outOfMemoryKills ?? 0
}

function killTree(pid: number | undefined): void {
  for (const identity of pid === undefined ? [] : processTree(pid)) killIfAlive(identity)
}

function startFailed(error: unknown): BenchError {
  return new BenchError(
    `a sandbox for a program did not start: ${error instanceof Error ? error.message : String(error)}`,
    {
      code: 'programs/start_failed',
      kind: 'environment',
      remedy: 'Run `ptb doctor` to see what this machine allows.',
      cause: error,
    },
  )
}

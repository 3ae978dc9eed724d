import { randomBytes } from 'node:crypto'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BenchError } from '../../domain/error.ts'
import { guardSocketFolder, type GuardConfig, type GuardEvent } from '../../domain/guard.ts'
import {
  insidePath,
  type Mount,
  type Sandbox,
  type SandboxCommand,
  type SandboxFlags,
  type SandboxSpec,
} from '../../domain/sandbox.ts'
import { pidNamespaceOf } from '../../lib/process-scan.ts'
import { bootTimeMs, hasNoNewPrivileges, type ProcessIdentity } from '../../lib/process.ts'
import { listenForGuard } from './guard-channel.ts'
import { enterGroup, openLimitGroup, type LimitGroup } from './limit-group.ts'
import {
  trackMarked,
  trackNamespace,
  type DeathProof,
  type SandboxProcesses,
  type Tracked,
} from './sandbox-death.ts'
import { spawnSandbox } from './spawn-sandbox.ts'

export interface PayloadExit {
  readonly code: number | null
  readonly signal: string | null
  /** False when the guard or the whole sandbox died first; code and signal are then the sandbox's own. */
  readonly reported: boolean
  /** When it ended, on the machine's boot clock; null when nobody saw that. */
  readonly bootMs: number | null
}

/** What runs inside, with paths as seen from there. */
export interface Payload
  extends Pick<GuardConfig, 'argv' | 'env' | 'graceMs'>, Partial<Pick<GuardConfig, 'forwards' | 'exposes'>> {
  /** On this machine's boot clock. The guard ends everything when it has passed and nobody did so. */
  readonly deadlineBootMs: number | null
}

export interface StartSandboxOptions {
  readonly sandbox: Sandbox
  readonly flags: SandboxFlags
  /** `cwd` is the payload's. The guard's own mounts are added. */
  readonly spec: Omit<SandboxSpec, 'argv' | 'env'>
  readonly payload: Payload
  readonly nodePath: string
  readonly guardBundlePath: string
  /** A short path; seen inside at `/run/ptb` unless `spec.mounts` puts it elsewhere. Forwards need it writable. */
  readonly socketDir: string
  /** How long until the payload must run. Default 60 s. */
  readonly startTimeoutMs?: number
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void
  readonly onEvent: (event: GuardEvent) => void
}

export interface SandboxProcess {
  /** The payload's main process ended, or the sandbox died. What it left in the background may live on. Never rejects. */
  readonly exited: Promise<PayloadExit>
  /** Starts another main process beside what the last one left; resolves with how it ended. Only after `exited`. */
  runAgain(payload: Pick<Payload, 'argv' | 'env'>): Promise<PayloadExit>
  /** Who holds which limit, and what the kernel counted. */
  readonly limits: LimitGroup
  /** Pids, as seen from outside, of the payload's living processes; the harness's own are not among them. */
  members(): number[]
  /**
   * TERM to everything. Resolves when all are gone or the grace has passed; who is still there then ignored it, and is
   * to be killed by the caller (the guard does, some seconds later).
   */
  terminate(graceMs: number): Promise<void>
  /** KILL to everything; does not wait for its effect. */
  kill(): Promise<void>
  /** Kills, waits until nothing is left, says how sure that is, and lets go of the output. */
  proveDead(timeoutMs: number): Promise<DeathProof>
}

/** How long output may still arrive after the death was proven, from a pipe that is held open by nobody we know. */
const drainMs = 1000

/** Starts a payload under the guard in a sandbox. Resolves when it runs; rejects, with nothing left behind, when it cannot. */
export async function startSandbox(options: StartSandboxOptions): Promise<SandboxProcess> {
  const { sandbox, flags, spec } = options
  if (process.getuid?.() === 0 && spec.user === undefined)
    throw new Error('as root, a payload needs a user of its own')
  const marker = `PTB_SANDBOX=${randomBytes(8).toString('hex')}`
  using channel = await listenForGuard(join(options.socketDir, guardSocketName))
  const limits = openLimitGroup(`${spec.name}-${marker.slice(-4)}`, spec.limits, flags)
  const command = enterGroup(sandboxCommand(options), limits)
  const child = await spawnSandbox(command, {
    folder: options.socketDir,
    owner: spec.user ?? null,
    socketPath: join(options.socketDir, guardSocketName),
    onOutput: options.onOutput,
  })

  const startBy = AbortSignal.timeout(options.startTimeoutMs ?? 60_000)
  let exit = Promise.withResolvers<PayloadExit>()
  const started = Promise.withResolvers<void>()
  let found: SandboxProcesses | null = null
  started.promise.catch(() => {}) // awaited below, if it comes that far
  try {
    const guard = await Promise.race([channel.connected, child.failed, timedOut(startBy)])
    const hello = await Promise.race([guard.hello, child.failed, timedOut(startBy)])
    if (flags.isolatesProcesses && hello.pidNamespace === pidNamespaceOf('self'))
      throw new Error('it has no pid namespace of its own')
    const tracked: Tracked = {
      outer: child.identity,
      guardPid: hello.pid,
      cgroup: limits.cgroup,
      mayEscape: whyMayEscape(flags, spec.user, child.identity),
    }
    const processes = (found =
      flags.isolatesProcesses && hello.pidNamespace !== null
        ? trackNamespace(hello.pidNamespace, tracked)
        : trackMarked(marker, tracked))

    let begun = false
    guard.onEvent((event) => {
      if (event.event === 'starting') {
        begun = true
        setTimeout(started.resolve, unheardMs).unref()
      }
      if (event.event === 'started') started.resolve()
      if (event.event === 'failed') {
        started.reject(new Error(event.message))
        exit.resolve({ code: null, signal: null, reported: true, bootMs: bootTimeMs() })
      }
      if (event.event === 'exited') {
        const { code, signal, bootMs } = event
        exit.resolve({ code, signal, reported: true, bootMs })
      }
      options.onEvent(event)
    })
    // A payload that at once kills or stops its guard was started all the same: that is its own doing.
    child.failed.catch((error: unknown) => (begun ? started.resolve() : started.reject(error)))
    // Whoever loses its guard is not supervised any more.
    void guard.closed.then(() => processes.kill())
    void child.exited.then(({ code, signal }) =>
      exit.resolve({ code, signal, reported: false, bootMs: null }),
    )
    guard.send(guardConfig(options, marker, limits))
    await Promise.race([started.promise, timedOut(startBy)])

    return {
      exited: exit.promise,
      limits,
      runAgain({ argv, env }) {
        exit = Promise.withResolvers<PayloadExit>()
        void child.exited.then(({ code, signal }) =>
          exit.resolve({ code, signal, reported: false, bootMs: null }),
        )
        guard.send({ command: 'run', argv, env: markedEnvironment(flags, env, marker) })
        return exit.promise
      },
      members: () => processes.payload().map(({ pid }) => pid),
      async terminate(graceMs) {
        guard.send({ command: 'terminate', graceMs: graceMs + guardSlackMs })
        const end = performance.now() + graceMs
        while (processes.payload().length > 0 && performance.now() < end) await sleep(20)
      },
      async kill() {
        guard.send({ command: 'kill' })
        processes.kill()
      },
      async proveDead(timeoutMs) {
        const proof = await processes.proveDead(timeoutMs)
        await child.release(drainMs)
        guard.close()
        limits.cgroup?.remove()
        return proof
      },
    }
  } catch (error) {
    void channel.connected.then((guard) => guard.close())
    child.kill()
    await child.release(drainMs)
    found?.forget()
    limits.cgroup?.remove()
    throw new BenchError(`the sandbox '${sandbox.id}' did not start: ${describe(error, child.lastWords())}`, {
      code: 'sandbox/start_failed',
      kind: 'environment',
      remedy: 'Run `ptb doctor` to see what this machine allows.',
      cause: error,
    })
  }
}

const guardSocketName = 'guard.sock'
/** The supervisor kills first; the guard does when it did not. */
const guardSlackMs = 3000
/** A guard that is not stopped tells the outcome of a start within this time. */
const unheardMs = 5000

export type SandboxCommandOptions = Pick<
  StartSandboxOptions,
  'sandbox' | 'flags' | 'spec' | 'payload' | 'nodePath' | 'guardBundlePath' | 'socketDir'
>

/** What is executed outside: the sandbox with the guard in it, which gets the payload over its socket. */
export function sandboxCommand(options: SandboxCommandOptions): SandboxCommand {
  const { sandbox, flags, spec, payload } = options
  const inside = insideMounts(options)
  return sandbox.command(
    {
      ...spec,
      argv: [inside.node, inside.guard, join(inside.sockets, guardSocketName)],
      env: payload.env['HOME'] === undefined ? {} : { HOME: payload.env['HOME'] },
      cwd: '/',
      mounts: inside.mounts,
    },
    flags,
  )
}

function guardConfig(options: StartSandboxOptions, marker: string, { cgroup }: LimitGroup): GuardConfig {
  const { flags, spec, payload } = options
  const outside = pidNamespaceOf('self')
  const byNamespace = flags.isolatesProcesses && outside !== null
  return {
    argv: payload.argv,
    env: markedEnvironment(flags, payload.env, marker),
    cwd: spec.cwd,
    user: flags.guardDropsUser ? (spec.user ?? null) : null,
    deadlineInMs: payload.deadlineBootMs === null ? null : payload.deadlineBootMs - bootTimeMs(),
    graceMs: payload.graceMs,
    forwards: payload.forwards ?? [],
    exposes: payload.exposes ?? [],
    killScope: byNamespace
      ? { kind: 'namespace', outside }
      : { kind: 'group', marker, cgroups: cgroup?.folders ?? [] },
  }
}

/** Where no namespace tells whose a process is, a mark in its environment does. */
function markedEnvironment(flags: SandboxFlags, env: Payload['env'], marker: string): Payload['env'] {
  return flags.isolatesProcesses ? env : { ...env, ...Object.fromEntries([marker.split('=')]) }
}

/**
 * Whoever sees the machine's files can ask its daemons to start something: a user's own session manager, cron, a
 * container engine. A user of its own has none of them, as long as no program makes it somebody else.
 */
function whyMayEscape(
  flags: SandboxFlags,
  user: SandboxSpec['user'],
  outer: ProcessIdentity | null,
): string | null {
  if (flags.isolatesFiles) return null
  if (user === undefined)
    return 'it was the same user as the harness, whose daemons may start something for it'
  if (user.uid === 0) return 'it was root, for whom the machine may start something'
  if (outer === null || !hasNoNewPrivileges(outer.pid))
    return 'a setuid program may have made it somebody else'
  return null
}

function insideMounts(options: SandboxCommandOptions): {
  readonly mounts: readonly Mount[]
  readonly node: string
  readonly guard: string
  readonly sockets: string
} {
  const { spec, flags } = options
  const node: Mount = { source: options.nodePath, target: '/opt/ptb/guard/node', mode: 'ro' }
  const bundle = basename(options.guardBundlePath)
  const guard: Mount = { source: options.guardBundlePath, target: `/opt/ptb/guard/${bundle}`, mode: 'ro' }
  const given = spec.mounts.find(({ source }) => source === options.socketDir)
  const sockets: Mount = given ?? { source: options.socketDir, target: guardSocketFolder, mode: 'rw' }
  return {
    mounts: [...spec.mounts, node, guard, ...(given === undefined ? [sockets] : [])],
    node: insidePath(flags, node),
    guard: insidePath(flags, guard),
    sockets: insidePath(flags, sockets),
  }
}

function timedOut(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  signal.addEventListener('abort', () => reject(new Error('it took too long')))
  return promise
}

function describe(error: unknown, lastWords: string): string {
  const message = error instanceof Error ? error.message : String(error)
  return lastWords === '' ? message : `${message}: ${lastWords}`
}

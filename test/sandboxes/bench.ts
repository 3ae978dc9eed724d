import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { rolldown } from 'rolldown'
import type { GuardEvent } from '../../src/domain/guard.ts'
import {
  insidePath,
  type Limits,
  type Mount,
  type Sandbox,
  type SandboxFlags,
  type SandboxUser,
} from '../../src/domain/sandbox.ts'
import { pidNamespaceOf } from '../../src/lib/process-scan.ts'
import { bootTimeMs } from '../../src/lib/process.ts'
import { startSandbox, type Payload, type SandboxProcess } from '../../src/run/sandbox/sandbox-process.ts'

/** Whom payloads become in the tests when these run as root. */
export const payloadUser: SandboxUser | null = process.getuid?.() === 0 ? { uid: 61_234, gid: 61_234 } : null

/** A folder short enough for sockets, with a workspace of the payload and something that is none of its business. */
export interface Bench extends AsyncDisposable {
  readonly folder: string
  readonly guardBundlePath: string
  readonly socketDir: string
  readonly workspace: Mount
  readonly library: Mount
  /** Lies beside the workspace, as another run's folder does. */
  readonly otherRun: string
}

export async function createBench(): Promise<Bench> {
  const folder = await mkdtemp('/tmp/ptb-test-')
  const bench: Bench = {
    folder,
    guardBundlePath: join(folder, 'guard.mjs'),
    socketDir: join(folder, 's'),
    workspace: { source: join(folder, 'workspace'), target: '/home/agent', mode: 'rw' },
    library: { source: join(folder, 'library'), target: '/library', mode: 'ro' },
    otherRun: join(folder, 'other-run'),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
    },
  }
  for (const path of [bench.socketDir, bench.workspace.source, bench.library.source, bench.otherRun])
    await mkdir(path, { mode: 0o755 })
  await chmod(folder, 0o755)
  await writeFile(join(bench.otherRun, 'secret'), 'secret of another run')
  await writeFile(join(bench.library.source, 'book'), 'to be read')
  if (payloadUser !== null) await chown(bench.workspace.source, payloadUser.uid, payloadUser.gid)
  await using bundle = await rolldown({
    input: join(import.meta.dirname, '../../src/inside/guard.ts'),
    platform: 'node',
    logLevel: 'silent',
  })
  await bundle.write({ file: bench.guardBundlePath, format: 'esm' })
  return bench
}

export interface TestRun extends AsyncDisposable {
  readonly process: SandboxProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly events: readonly GuardEvent[]
  /** Waits for the payload, ends the sandbox, gives what was printed. */
  finish(): Promise<{
    code: number | null
    signal: string | null
    reported: boolean
    stdout: string
    stderr: string
  }>
}

export interface TestRunOptions extends Partial<Omit<Payload, 'argv' | 'deadlineBootMs'>> {
  readonly network?: 'isolated' | 'open'
  readonly deadlineInMs?: number
  readonly limits?: Limits
  /** Instead of `payloadUser`. */
  readonly user?: SandboxUser
}

export async function startOn(
  bench: Bench,
  sandbox: Sandbox,
  flags: SandboxFlags,
  argv: readonly string[],
  options: TestRunOptions = {},
): Promise<TestRun> {
  const output = { stdout: '', stderr: '' }
  const events: GuardEvent[] = []
  const { network, deadlineInMs, limits = {}, user = payloadUser, ...payload } = options
  const sandboxed = await startSandbox({
    sandbox,
    flags,
    spec: {
      name: 'ptb-test',
      mounts: [bench.workspace, bench.library],
      network: network ?? 'isolated',
      limits,
      cwd: insidePath(flags, bench.workspace),
      ...(user === null ? {} : { user }),
    },
    payload: {
      argv,
      env: { PATH: '/usr/bin:/bin' },
      graceMs: 500,
      deadlineBootMs: deadlineInMs === undefined ? null : bootTimeMs() + deadlineInMs,
      ...payload,
    },
    nodePath: process.execPath,
    guardBundlePath: bench.guardBundlePath,
    socketDir: bench.socketDir,
    onOutput: (stream, chunk) => (output[stream] += chunk.toString()),
    onEvent: (event) => events.push(event),
  })
  return {
    process: sandboxed,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    events,
    async finish() {
      const exit = await sandboxed.exited
      await sandboxed.proveDead(5000)
      return { ...exit, ...output }
    },
    async [Symbol.asyncDispose]() {
      await sandboxed.proveDead(5000)
    },
  }
}

/** Throws when it does not come true in time. Tests run side by side, where `expect.poll` loses track of its test. */
export async function until(condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${condition.toString()}`)
    await sleep(20)
  }
}

/** Pids of the living processes whose command line contains `text`. */
export function findProcesses(text: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid && commandLine(pid).includes(text))
}

/** The guard that watches `member`; where there is no namespace, the socket given to it tells guards apart. */
export function findGuard(member: number, socket = ''): number {
  const namespace = pidNamespaceOf(member)
  const guard = findProcesses(`guard.mjs ${socket}`)
    .filter((pid) => pidNamespaceOf(pid) === namespace)
    .find((pid) => /^\S+ \S+guard\.mjs /.test(commandLine(pid)))
  if (guard === undefined) throw new Error('no guard found')
  return guard
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

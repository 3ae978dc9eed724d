import { spawn, spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'

/** Names one process for good: a pid alone is given to another process later. */
export interface ProcessIdentity {
  readonly pid: number
  /** Opaque; equal for the same process as long as the machine is up. */
  readonly startTime: string
}

export interface CommandOptions {
  /** Complete environment; absent: this process's own. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Afterwards the command and everything in its process group is killed. Absent: no limit. */
  readonly timeoutMs?: number
  readonly input?: string | Uint8Array
  readonly uid?: number
  readonly gid?: number
  /** Of each stream; what comes after is dropped. Default 4 MiB. */
  readonly maxOutputBytes?: number
}

export interface CommandResult {
  /** Null when a signal ended it or it could not be started. */
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  readonly durationMs: number
  /** Why it could not be started, e.g. `spawn bwrap ENOENT`. */
  readonly error?: string
}

/** A daemon that the command left behind may hold its pipes: output is awaited this long after its end. */
const outputGraceMs = 500

/** Runs a short command to its end. Never throws for how the command ended. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [command = '', ...args] = argv
  const started = performance.now()
  const stdout = collect(options.maxOutputBytes ?? 4 * 1024 * 1024)
  const stderr = collect(options.maxOutputBytes ?? 4 * 1024 * 1024)
  const { promise, resolve } = Promise.withResolvers<CommandResult>()
  let timedOut = false
  let timer: NodeJS.Timeout | undefined

  function finish(code: number | null, signal: string | null, error?: string): void {
    clearTimeout(timer)
    resolve({
      code,
      signal,
      stdout: stdout.text(),
      stderr: stderr.text(),
      timedOut,
      durationMs: performance.now() - started,
      ...(error === undefined ? {} : { error }),
    })
  }

  try {
    const child = spawn(command, args, {
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    child.stdout.on('data', stdout.add)
    child.stderr.on('data', stderr.add)
    child.stdin.on('error', () => {}) // it may end without reading its input
    child.stdin.end(options.input)
    child.on('error', (error) => finish(null, null, error.message))
    child.on('close', (code, signal) => finish(code, signal))
    child.on('exit', (code, signal) => {
      setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
        finish(code, signal)
      }, outputGraceMs).unref()
    })
    if (options.timeoutMs !== undefined) {
      timer = setTimeout(() => {
        timedOut = true
        if (child.pid !== undefined) killGroup(child.pid)
      }, options.timeoutMs)
    }
  } catch (error) {
    // such as a missing working directory, or an argument with a NUL byte
    finish(null, null, error instanceof Error ? error.message : String(error))
  }
  return promise
}

interface Collector {
  readonly add: (chunk: Buffer) => void
  readonly text: () => string
}

function collect(maxBytes: number): Collector {
  const chunks: Buffer[] = []
  let size = 0
  return {
    add(chunk) {
      const kept = chunk.subarray(0, maxBytes - size)
      if (kept.length > 0) chunks.push(kept)
      size += kept.length
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // already gone
  }
}

/** Starts a process that outlives this one, in a session of its own. Returns its pid; throws when it cannot start. */
export function spawnDetached(
  argv: readonly string[],
  options: {
    /** Complete environment; absent: this process's own. */
    readonly env?: Readonly<Record<string, string>>
    readonly cwd: string
    /** Receives stdout and stderr, appended. */
    readonly logPath: string
  },
): number {
  const [command = '', ...args] = argv
  const log = openSync(options.logPath, 'a', 0o644)
  try {
    const child = spawn(command, args, {
      env: options.env,
      cwd: options.cwd,
      stdio: ['ignore', log, log],
      detached: true,
    })
    child.on('error', () => {}) // thrown below, as there is no pid then
    child.unref()
    if (child.pid === undefined) throw new Error(`cannot start ${command} in ${options.cwd}`)
    return child.pid
  } finally {
    closeSync(log)
  }
}

/** Null when there is no such process, or only a zombie that nobody has reaped yet. */
export function processIdentity(pid: number): ProcessIdentity | null {
  const boot = readText('/proc/sys/kernel/random/boot_id')
  if (boot === null) return identityFromPs(pid)
  const stat = readProcessStat(pid)
  if (stat === null || stat.state === 'X') return null
  // A process whose first thread has ended looks like a zombie while its other threads go on.
  if (stat.state === 'Z' && stat.threads <= 1) return null
  return { pid, startTime: `${boot.trim()}/${stat.startTicks}` }
}

/** An identity that was written down as JSON; null when the text is not one. */
export function parseIdentity(text: string): ProcessIdentity | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startTime' in value)) return null
  const { pid, startTime } = value
  return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : null
}

export function isSameProcessAlive(identity: ProcessIdentity): boolean {
  return processIdentity(identity.pid)?.startTime === identity.startTime
}

export interface ProcessStat {
  /** One letter, see proc_pid_stat(5): `Z` is a zombie. */
  readonly state: string
  readonly parent: number
  readonly group: number
  readonly session: number
  /** Those that live, and the first one in any case. */
  readonly threads: number
  readonly startTicks: string
}

/** The fields of /proc/PID/stat that tell processes apart; null where there is no such process or no /proc. */
export function readProcessStat(pid: number): ProcessStat | null {
  const text = readText(`/proc/${pid}/stat`)
  if (text === null) return null
  // The name, field 2, may contain blanks and parentheses: the fields are counted from its end.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, parent, group, session] = fields
  const [threads, startTicks] = [fields[17], fields[19]]
  if (state === undefined || startTicks === undefined) return null
  return {
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    threads: Number(threads),
    startTicks,
  }
}

/**
 * A thread of this process through which /proc shows its memory and environment: the first one, whose number is the
 * process's own, shows nothing any more when it has ended before the others.
 */
export function livingThread(pid: number): number {
  const stat = readProcessStat(pid)
  if (stat === null || stat.state !== 'Z' || stat.threads <= 1) return pid
  try {
    return (
      readdirSync(`/proc/${pid}/task`)
        .map(Number)
        .find((thread) => thread !== pid) ?? pid
    )
  } catch {
    return pid // gone meanwhile
  }
}

/** Whether neither it nor what it starts can gain anything by executing a setuid program: `no_new_privs`, prctl(2). */
export function hasNoNewPrivileges(pid: number): boolean {
  return /^NoNewPrivs:\s*1$/m.test(readText(`/proc/${pid}/status`) ?? '')
}

function identityFromPs(pid: number): ProcessIdentity | null {
  const { stdout } = spawnSync('ps', ['-o', 'state=', '-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  const [state, ...start] = (stdout ?? '').trim().split(/\s+/)
  if (state === undefined || start.length === 0 || state.startsWith('Z')) return null
  return { pid, startTime: start.join(' ') }
}

/** Milliseconds on a clock that nobody can set and that goes on while the machine is suspended. */
export function bootTimeMs(): number {
  const uptime = Number.parseFloat(readText('/proc/uptime') ?? '')
  return Number.isFinite(uptime) ? Math.round(uptime * 1000) : Number(process.hrtime.bigint() / 1_000_000n)
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

import { spawn } from 'node:child_process'
import { chown } from 'node:fs/promises'
import type { SandboxCommand, SandboxUser } from '../../domain/sandbox.ts'
import { processIdentity, type ProcessIdentity } from '../../lib/process.ts'
import { openOutputPipe } from './output-pipe.ts'

/** The process that was spawned for a sandbox, with the payload's output. */
export interface SpawnedSandbox {
  /** Null when it was gone at once. */
  readonly identity: ProcessIdentity | null
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>
  /** Rejects when it could not be started or ended, for races during the start. */
  readonly failed: Promise<never>
  /** The end of what was written to stderr. */
  lastWords(): string
  kill(): void
  /** Reads the rest of the output, then lets go of it, so that a daemon with the pipe cannot keep the harness waiting. */
  release(timeoutMs: number): Promise<void>
}

const lastWordsBytes = 2000

export async function spawnSandbox(
  command: SandboxCommand,
  options: {
    /** Where pipes get a name for a moment. */
    readonly folder: string
    /** Whose output it is. */
    readonly owner: SandboxUser | null
    readonly socketPath: string
    readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void
  },
): Promise<SpawnedSandbox> {
  let lastWords = Buffer.alloc(0)
  const { folder, owner, onOutput } = options
  const stdout = await openOutputPipe({
    folder,
    name: 'stdout',
    owner,
    onData: (chunk) => onOutput('stdout', chunk),
  })
  const stderr = await openOutputPipe({
    folder,
    name: 'stderr',
    owner,
    onData(chunk) {
      lastWords = Buffer.concat([lastWords, chunk]).subarray(-lastWordsBytes)
      onOutput('stderr', chunk)
    },
  })
  if (command.user !== undefined) await chown(options.socketPath, command.user.uid, command.user.gid)

  const [program = '', ...args] = command.argv
  const child = spawn(program, args, {
    env: command.env,
    cwd: command.cwd ?? '/',
    // A session of its own: an interrupt at the terminal is for the harness to handle.
    detached: true,
    stdio: ['ignore', stdout.writeFd, stderr.writeFd],
    ...command.user,
  })
  stdout.closeWriteEnd()
  stderr.closeWriteEnd()
  const exited = Promise.withResolvers<{ code: number | null; signal: string | null }>()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {}) // of interest only while starting
  child.on('error', (error) => {
    failed.reject(error)
    exited.resolve({ code: null, signal: null })
  })
  child.on('exit', (code, signal) => {
    exited.resolve({ code, signal })
    // what it said is still in the pipe
    setTimeout(() => failed.reject(new Error(`it ended with ${signal ?? `exit code ${code}`}`)), 100)
  })
  return {
    identity: child.pid === undefined ? null : processIdentity(child.pid),
    exited: exited.promise,
    failed: failed.promise,
    lastWords: () => lastWords.toString('utf8').trim(),
    kill: () => child.kill('SIGKILL'),
    async release(timeoutMs) {
      await Promise.all([stdout.finish(timeoutMs), stderr.finish(timeoutMs)])
    },
  }
}

import { constants, closeSync, openSync } from 'node:fs'
import { chmod, chown, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { SandboxUser } from '../../domain/sandbox.ts'
import { runCommand } from '../../lib/process.ts'

/** One output stream of a sandboxed payload. */
export interface OutputPipe {
  /** To be given to the child as its stdout or stderr, and closed here once it runs. */
  readonly writeFd: number
  closeWriteEnd(): void
  /** Reads what is still in the pipe, but no longer than this when somebody holds it open. */
  finish(timeoutMs: number): Promise<void>
}

/**
 * A pipe that the payload may open again by name, so that `> /dev/stderr` works: what Node makes is a socket, which
 * nobody can open, and a pipe of another user is closed to the payload. Hence a named pipe, owned by the payload and
 * writable only, whose name is gone before the payload starts.
 */
export async function openOutputPipe(options: {
  readonly folder: string
  readonly name: string
  readonly owner: SandboxUser | null
  readonly onData: (chunk: Buffer) => void
}): Promise<OutputPipe> {
  const path = join(options.folder, options.name)
  await rm(path, { force: true })
  const made = await runCommand(['mkfifo', '-m', '600', path])
  if (made.code !== 0) throw new Error(`cannot make a pipe at ${path}: ${made.error ?? made.stderr.trim()}`)
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeFd = openSync(path, constants.O_WRONLY)
  if (options.owner !== null) await chown(path, options.owner.uid, options.owner.gid)
  await chmod(path, 0o200)
  await rm(path)

  let writeOpen = true
  const reader = new Socket({ fd: readFd, readable: true, writable: false })
  const closed = new Promise<void>((resolve) => {
    reader.once('close', () => resolve())
  })
  reader.on('error', () => {}) // 'close' follows
  reader.on('data', options.onData)
  return {
    writeFd,
    closeWriteEnd() {
      if (writeOpen) closeSync(writeFd)
      writeOpen = false
    },
    async finish(timeoutMs) {
      const timer = setTimeout(() => reader.destroy(), timeoutMs)
      await closed
      clearTimeout(timer)
    },
  }
}

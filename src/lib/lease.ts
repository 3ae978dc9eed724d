import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSameProcessAlive, parseIdentity, processIdentity } from './process.ts'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

/**
 * A lock on a named thing of this machine that ends with its holder, however that dies. On Linux it is flock(2) on
 * an open file, so a child that inherits `fd` holds it too and it lasts until the last of them is gone.
 */
export interface Lease extends Disposable {
  readonly name: string
  /** To be passed on to a child process that shall hold the lease as well; `null` where that is not possible. */
  readonly fd: number | null
}

/** Takes the lease now, or returns `null` when somebody has it. */
export function tryLease(name: string, folder = leaseFolder()): Lease | null {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${name}.lock`)
  return process.platform === 'linux' ? tryFlock(name, path) : tryPidFile(name, path)
}

export function leaseFolder(): string {
  return join(tmpdir(), `posttrainbench-${process.getuid?.() ?? 'user'}`, 'leases')
}

/** Node has no flock; the util-linux program locks the open file that it shares with us, and leaves it locked. */
function tryFlock(name: string, path: string): Lease | null {
  const fd = openSync(path, 'a', 0o600)
  const locked = spawnSync('flock', ['--nonblock', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] })
  if (locked.status !== 0) {
    closeSync(fd)
    if (locked.error)
      throw new Error('the program flock (util-linux) is needed to hold leases', { cause: locked.error })
    return null
  }
  return { name, fd, [Symbol.dispose]: () => closeSync(fd) }
}

/** Elsewhere: a file that names its holder, void when that is dead. */
function tryPidFile(name: string, path: string): Lease | null {
  const self = processIdentity(process.pid)
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(self), { flag: 'wx' })
      return { name, fd: null, [Symbol.dispose]: () => rmSync(path, { force: true }) }
    } catch {
      if (holderIsAlive(path)) return null
      rmSync(path, { force: true })
    }
  }
  return null
}

function holderIsAlive(path: string): boolean {
  try {
    const holder = parseIdentity(readFileSync(path, 'utf8'))
    return holder !== null && isSameProcessAlive(holder)
  } catch {
    return false // it is gone
  }
}

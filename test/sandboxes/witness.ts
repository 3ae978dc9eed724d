import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, openSync, readdirSync, statSync } from 'node:fs'
import {
  holdPidNamespace,
  namespaceMembers,
  pidNamespaceOf,
  processesWithEnvironment,
} from '../../src/lib/process-scan.ts'
import { isSameProcessAlive, processIdentity, type ProcessIdentity } from '../../src/lib/process.ts'

/** Tells, without the harness, whether anything of an agent is alive. */
export interface Witness extends Disposable {
  /** Remembers who is there now, and returns all whom it knows. */
  look(): readonly ProcessIdentity[]
  /** What shows that somebody is alive, in words; empty when nobody is. */
  survivors(): string[]
  /** Ends whom it knows or finds, where a sandbox did not promise to. */
  killSurvivors(): void
}

/**
 * Goes by a mark in the environment, by the pid namespaces in which the mark was seen, by those who were seen, and by a
 * lock that whoever was started with it keeps, whatever it calls itself and wherever it went.
 *
 * @param mark an entry such as `NAME=value`
 * @param lockPath of a file that exists and that the agent has locked; it may be removed later
 */
export function createWitness(mark: string, lockPath: string): Witness {
  const lock = openSync(lockPath, 'r')
  const own = pidNamespaceOf('self')
  const seen = new Map<string, ProcessIdentity>()
  const namespaces = new Map<string, Disposable | null>()

  function find(): ProcessIdentity[] {
    const marked = processesWithEnvironment(mark)
    for (const { pid } of marked) {
      const namespace = pidNamespaceOf(pid)
      if (namespace !== null && namespace !== own && !namespaces.has(namespace))
        namespaces.set(namespace, holdPidNamespace(pid))
    }
    const inside = [...namespaces.keys()].flatMap(namespaceMembers)
    for (const identity of [...marked, ...inside, ...openers(lock)])
      seen.set(`${identity.pid}/${identity.startTime}`, identity)
    return [...seen.values()].filter(isSameProcessAlive)
  }

  return {
    look() {
      find()
      return [...seen.values()]
    },
    survivors: () => [
      ...find().map(({ pid }) => `process ${pid}`),
      ...(isLocked(lock) ? ['somebody who holds the lock'] : []),
    ],
    killSurvivors() {
      for (let left = find(); left.length > 0; left = find())
        for (const { pid } of left) process.kill(pid, 'SIGKILL')
    },
    [Symbol.dispose]() {
      closeSync(lock)
      for (const hold of namespaces.values()) hold?.[Symbol.dispose]()
    },
  }
}

/** Who has this file open, as far as this user may see. */
function openers(fd: number): ProcessIdentity[] {
  const { dev, ino } = fstatSync(fd)
  const isOpenIn = (folder: string): boolean =>
    list(folder).some((name) => {
      const file = look(`${folder}/${name}`)
      return file?.ino === ino && file.dev === dev
    })
  return list('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && isOpenIn(`/proc/${pid}/fd`))
    .map(processIdentity)
    .filter((identity) => identity !== null)
}

function look(path: string): { readonly ino: number; readonly dev: number } | null {
  try {
    return statSync(path)
  } catch {
    return null // closed meanwhile, or not for this user to see
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Opened anew, so that the lock is let go with the program that tries it; through /proc, for the name may be gone. */
function isLocked(fd: number): boolean {
  const { status } = spawnSync('flock', ['--nonblock', '--exclusive', '/proc/self/fd/3', 'true'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  })
  return status !== 0
}

import { setTimeout as sleep } from 'node:timers/promises'
import { namespaceMembers, processesWithEnvironment, processTree } from '../../lib/process-scan.ts'
import { isSameProcessAlive, type ProcessIdentity } from '../../lib/process.ts'

/** Finds, kills and proves dead what runs in one sandbox, from outside it. */
export interface SandboxProcesses {
  /** The payload's living processes, without the harness's own. */
  payload(): readonly ProcessIdentity[]
  kill(): void
  proveDead(timeoutMs: number): Promise<DeathProof>
}

export interface DeathProof {
  /** That nothing of the sandbox is alive follows from the kernel's rules, not from not having found anything. */
  readonly proven: boolean
  /** How it was established, for the record. */
  readonly method: string
  /** Pids that are still there. */
  readonly left: readonly number[]
}

const pollMs = 20

/**
 * A pid namespace dies with its init, and its init becomes a zombie only after everything in it, nested namespaces
 * included, has been killed and reaped: pid_namespaces(7). That nothing in /proc belongs to it any more is checked too.
 *
 * @param outer the process that was spawned for the sandbox
 * @param guardPid the guard's pid inside
 */
export function trackNamespace(
  namespace: string,
  outer: ProcessIdentity | null,
  guardPid: number,
): SandboxProcesses {
  const init = namespaceMembers(namespace).find(({ insidePid }) => insidePid === 1)

  function kill(): void {
    for (const identity of [outer, init]) if (identity !== null && identity !== undefined) killOne(identity)
  }

  function alive(): ProcessIdentity[] {
    const harness = [outer, init].filter((identity) => identity !== null && identity !== undefined)
    return [...namespaceMembers(namespace), ...harness.filter(isSameProcessAlive)]
  }

  return {
    payload: () =>
      namespaceMembers(namespace).filter(({ insidePid }) => insidePid !== 1 && insidePid !== guardPid),
    kill,
    async proveDead(timeoutMs) {
      const left = await killUntilGone(kill, alive, timeoutMs)
      return {
        proven: left.length === 0 && init !== undefined,
        method: `${namespace}: ${init === undefined ? 'its init was never seen' : 'its init is gone'}, no process in /proc belongs to it`,
        left,
      }
    },
  }
}

/** Without a namespace: what can be found by descent and by a mark in the environment. A payload can hide from both. */
export function trackMarked(
  marker: string,
  outer: ProcessIdentity | null,
  guardPid: number,
): SandboxProcesses {
  const known = new Map<string, ProcessIdentity>()

  /** Whoever was once found is remembered: it may lose its parent or its environment later. */
  function alive(): ProcessIdentity[] {
    const found = outer === null || !isSameProcessAlive(outer) ? [] : processTree(outer.pid)
    for (const identity of [...found, ...processesWithEnvironment(marker)])
      if (identity.pid !== process.pid) known.set(`${identity.pid}/${identity.startTime}`, identity)
    return [...known.values()].filter(isSameProcessAlive)
  }

  function kill(): void {
    for (const identity of alive()) killOne(identity)
  }

  return {
    payload: () => alive().filter(({ pid }) => pid !== outer?.pid && pid !== guardPid),
    kill,
    async proveDead(timeoutMs) {
      const left = await killUntilGone(kill, alive, timeoutMs)
      return {
        proven: false,
        method: 'no pid namespace: descendants and marked processes were killed until none was found',
        left,
      }
    },
  }
}

/** Kills and looks again until nothing was found twice in a row. Returns who is still there at the end. */
async function killUntilGone(
  kill: () => void,
  alive: () => ProcessIdentity[],
  timeoutMs: number,
): Promise<readonly number[]> {
  const end = performance.now() + timeoutMs
  let clean = 0
  for (;;) {
    kill()
    const left = alive()
    clean = left.length === 0 ? clean + 1 : 0
    if (clean === 2) return []
    if (left.length > 0 && performance.now() > end) return [...new Set(left.map(({ pid }) => pid))]
    await sleep(pollMs)
  }
}

function killOne(identity: ProcessIdentity): void {
  try {
    if (identity.pid > 1 && isSameProcessAlive(identity)) process.kill(identity.pid, 'SIGKILL')
  } catch {
    // gone meanwhile
  }
}

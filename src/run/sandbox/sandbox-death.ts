import { setTimeout as sleep } from 'node:timers/promises'
import type { Cgroup } from '../../lib/cgroup.ts'
import {
  holdPidNamespace,
  namespaceMembers,
  processesWithEnvironment,
  processTree,
} from '../../lib/process-scan.ts'
import { isSameProcessAlive, processIdentity, type ProcessIdentity } from '../../lib/process.ts'

/** Finds, kills and proves dead what runs in one sandbox, from outside it. */
export interface SandboxProcesses {
  /** The payload's living processes, without the harness's own. */
  payload(): readonly ProcessIdentity[]
  kill(): void
  /** Once nothing is left, the same proof again. */
  proveDead(timeoutMs: number): Promise<DeathProof>
  /** Looks no more; for who does not go on to a proof. */
  forget(): void
}

export interface DeathProof {
  /** That nothing of the sandbox is alive follows from the kernel's rules, not from not having found anything. */
  readonly proven: boolean
  /** How it was established, for the record. */
  readonly method: string
  /** Pids that are still there. */
  readonly left: readonly number[]
}

export interface Tracked {
  /** The process that was spawned for the sandbox. */
  readonly outer: ProcessIdentity | null
  /** The guard's pid: inside the namespace where there is one. */
  readonly guardPid: number
  readonly cgroup: Cgroup | null
  /**
   * Why the payload may have got somebody else to start something for it, such as a daemon of its own user, or have
   * left its control group; null when it can have done neither.
   */
  readonly mayEscape: string | null
}

const pollMs = 20

/**
 * A pid namespace dies with its init, and its init becomes a zombie only after everything in it, nested namespaces
 * included, has been killed and reaped: pid_namespaces(7). That nothing in /proc or in the control group belongs to it
 * any more is checked too.
 */
export function trackNamespace(namespace: string, tracked: Tracked): SandboxProcesses {
  const { outer, mayEscape } = tracked
  const first = namespaceMembers(namespace)
  const init = first.find(({ insidePid }) => insidePid === 1)
  const guard = first.find(({ insidePid }) => insidePid === tracked.guardPid)
  const cgroup = groupAround(guard?.pid, tracked.cgroup)
  const harness = new Set([outer?.pid, init?.pid, guard?.pid])
  let hold = init === undefined ? null : holdPidNamespace(init.pid)
  let proof: DeathProof | null = null

  function kill(): void {
    for (const identity of [outer, init]) if (identity !== null && identity !== undefined) killOne(identity)
    cgroup?.kill()
  }

  function forget(): void {
    hold?.[Symbol.dispose]()
    hold = null
  }

  function alive(): ProcessIdentity[] {
    const ends = [outer, init].filter((identity) => identity !== null && identity !== undefined)
    return [...namespaceMembers(namespace), ...ends.filter(isSameProcessAlive), ...groupMembers(cgroup)]
  }

  return {
    payload() {
      if (proof !== null) return []
      // Whoever is in a namespace nested in this one descends from the init all the same.
      const nested = init !== undefined && isSameProcessAlive(init) ? processTree(init.pid) : []
      const found = [...namespaceMembers(namespace), ...nested, ...groupMembers(cgroup)]
      return distinct(found).filter(({ pid }) => !harness.has(pid))
    },
    kill,
    async proveDead(timeoutMs) {
      if (proof !== null) return proof
      const left = await killUntilGone(kill, alive, timeoutMs)
      const how = `${namespace}: ${init === undefined ? 'its init was never seen' : 'its init is gone'}, no process in /proc${cgroup === null ? '' : ' or in its control group'} belongs to it`
      const found = {
        proven: left.length === 0 && init !== undefined && mayEscape === null,
        method: mayEscape === null ? how : `${how}; but ${mayEscape}`,
        left,
      }
      if (left.length > 0) return found
      proof ??= found
      forget()
      return proof
    },
    forget,
  }
}

/**
 * Without a namespace: a control group, which nobody leaves who may not write to another one, see cgroups(7). Where the
 * machine gives none, what can be found by descent and by a mark in the environment: a payload can hide from both.
 */
export function trackMarked(marker: string, tracked: Tracked): SandboxProcesses {
  const { outer, guardPid, mayEscape } = tracked
  const cgroup = groupAround(guardPid, tracked.cgroup)
  const known = new Map<string, ProcessIdentity>()

  /** Whoever was once found is remembered: it may lose its parent or its environment later. */
  function alive(): ProcessIdentity[] {
    const descendants = outer === null || !isSameProcessAlive(outer) ? [] : processTree(outer.pid)
    for (const identity of [...descendants, ...processesWithEnvironment(marker), ...groupMembers(cgroup)])
      if (identity.pid !== process.pid) known.set(`${identity.pid}/${identity.startTime}`, identity)
    return [...known.values()].filter(isSameProcessAlive)
  }

  function kill(): void {
    cgroup?.kill()
    for (const identity of alive()) killOne(identity)
  }

  return {
    payload: () => alive().filter(({ pid }) => pid !== outer?.pid && pid !== guardPid),
    kill,
    forget: () => {},
    async proveDead(timeoutMs) {
      const left = await killUntilGone(kill, alive, timeoutMs)
      const searched = 'no pid namespace: descendants and marked processes were killed until none was found'
      const how = cgroup === null ? searched : 'no pid namespace: its control group is empty'
      return {
        proven: left.length === 0 && cgroup !== null && mayEscape === null,
        method: mayEscape === null ? how : `${how}; but ${mayEscape}`,
        left,
      }
    },
  }
}

/** Null when the guard, and so the payload, was not started in it: a daemon may start what a sandbox runs. */
function groupAround(guardPid: number | undefined, cgroup: Cgroup | null): Cgroup | null {
  return guardPid !== undefined && cgroup?.members().includes(guardPid) === true ? cgroup : null
}

function groupMembers(cgroup: Cgroup | null): ProcessIdentity[] {
  return (cgroup?.members() ?? []).map(processIdentity).filter((identity) => identity !== null)
}

function distinct(identities: readonly ProcessIdentity[]): ProcessIdentity[] {
  return [...new Map(identities.map((identity) => [identity.pid, identity])).values()]
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

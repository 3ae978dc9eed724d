import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSameProcessAlive, processIdentity, type ProcessIdentity } from '../../lib/process.ts'
import type { LimitGroup } from '../sandbox/limit-group.ts'
import { trackMarked } from '../sandbox/sandbox-death.ts'

export interface ProgramDeath {
  kill(): void
  /** Kills, and resolves when nothing is left. Rejects when something cannot be killed. */
  prove(): Promise<void>
}

const timeoutMs = 15_000

/**
 * For a pid namespace: its init becomes a zombie only after everything in it has been killed and reaped, see
 * pid_namespaces(7). It is the child of what was spawned, and must be found before anything hostile runs.
 */
export function foreseeNamespaceDeath(outerPid: number): ProgramDeath {
  const init = childrenOf(outerPid).find((pid) => innermostPid(pid) === 1)
  const identity = init === undefined ? null : processIdentity(init)
  if (identity === null) throw new Error(`process ${outerPid} has no pid namespace below it`)
  return {
    kill: () => killIfAlive(identity),
    async prove() {
      const end = performance.now() + timeoutMs
      while (isSameProcessAlive(identity)) {
        if (performance.now() > end) throw new Error(`process ${identity.pid} survived being killed`)
        killIfAlive(identity)
        await sleep(1)
      }
    },
  }
}

/** Without a namespace: by control group, descent and a mark in the environment. */
export function foreseeMarkedDeath(outerPid: number, { cgroup }: LimitGroup, marker: string): ProgramDeath {
  const outer = processIdentity(outerPid)
  const tracked = trackMarked(marker, { outer, guardPid: outerPid, cgroup, mayEscape: null })
  return {
    kill: () => tracked.kill(),
    async prove() {
      const { left } = await tracked.proveDead(timeoutMs)
      if (left.length > 0) throw new Error(`processes ${left.join(', ')} survived being killed`)
    },
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

function innermostPid(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1])
}

export function killIfAlive(identity: ProcessIdentity): void {
  try {
    if (isSameProcessAlive(identity)) process.kill(identity.pid, 'SIGKILL')
  } catch {
    // gone meanwhile
  }
}

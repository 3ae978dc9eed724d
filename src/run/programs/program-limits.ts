import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LimitHolder } from '../../domain/sandbox.ts'
import { openLimitGroup, type LimitGroup } from '../sandbox/limit-group.ts'

/** What one program may use, beside its time. */
export interface ProgramLimits {
  readonly memoryMiB: number
  /** Processes and threads. */
  readonly processes: number
  /** Of one file, and of the program's folder where that is in memory. */
  readonly filesMiB: number
  /** To each of stdout and stderr; the published system takes 10 MiB. */
  readonly outputMiB: number
}

export const defaultProgramLimits: ProgramLimits = {
  memoryMiB: 1024,
  processes: 64,
  filesMiB: 64,
  outputMiB: 10,
}

/** A control group around one program, where the machine gives one. A program has one core, so none slows the others. */
export function openProgramGroup(
  name: string,
  limits: ProgramLimits,
  flags: Parameters<typeof openLimitGroup>[2],
): LimitGroup {
  return openLimitGroup(name, { memoryGiB: limits.memoryMiB / 1024, pids: limits.processes, cpus: 1 }, flags)
}

/** For all processes of a program together. */
export function isHeld(holder: LimitHolder | undefined): holder is 'kernel' | 'sandbox' {
  return holder === 'kernel' || holder === 'sandbox'
}

/** The dead stay in it until they are reaped, and not everyone of them is a child of this process. */
export async function removeProgramGroup({ cgroup }: LimitGroup): Promise<void> {
  cgroup?.remove()
  for (let tries = 0; tries < 100 && cgroup?.folders.some((folder) => existsSync(folder)); tries++) {
    await sleep(2)
    cgroup.remove()
  }
}

/** Processes of a user are counted together, with whatever else it runs, unless a user namespace tells them apart. */
const mostOfOneUser = 4096

/**
 * Shell commands for the limits that a process holds by itself and hands down, see getrlimit(2); one that is lower
 * already stays. What a control group holds is left to it: it counts what is used rather than what is asked for.
 */
export function limitScript(options: {
  readonly limits: ProgramLimits
  readonly holders: LimitGroup['holders']
  readonly cpuSeconds: number
  readonly ownUserNamespace: boolean
}): string {
  const { limits, holders, cpuSeconds, ownUserNamespace } = options
  const processes = ownUserNamespace ? limits.processes : mostOfOneUser
  const commands = [
    'ulimit -c 0',
    'ulimit -n 256',
    `ulimit -t ${cpuSeconds}`,
    // in blocks of 512 bytes, and in KiB
    `ulimit -f ${limits.filesMiB * 2048}`,
    ...(isHeld(holders.memoryGiB) ? [] : [`ulimit -v ${limits.memoryMiB * 1024}`]),
    // shells differ in the letter
    ...(isHeld(holders.pids) ? [] : [`ulimit -p ${processes} 2> /dev/null || ulimit -u ${processes}`]),
  ]
  return commands.map((command) => `${command} 2> /dev/null\n`).join('')
}

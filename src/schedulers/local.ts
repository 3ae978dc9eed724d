import type { Job, Scheduler } from '../domain/scheduler.ts'
import { isSameProcessAlive, processIdentity, spawnDetached } from '../lib/process.ts'

/** This machine: every job is a detached process, which outlives the one that submitted it. */
export const local = {
  id: 'local',
  title: 'This machine',
  submit(job: Job): Promise<string> {
    const pid = spawnDetached(job.argv, { env: ownEnvironment(), cwd: job.cwd, logPath: job.logPath })
    const identity = processIdentity(pid)
    return Promise.resolve(JSON.stringify(identity ?? { pid, startTime: '' }))
  },
  isGone(submission: string): Promise<boolean> {
    const identity: unknown = JSON.parse(submission)
    if (
      typeof identity !== 'object' ||
      identity === null ||
      !('pid' in identity) ||
      !('startTime' in identity)
    )
      return Promise.resolve(true)
    const { pid, startTime } = identity
    return Promise.resolve(
      typeof pid !== 'number' || typeof startTime !== 'string' || !isSameProcessAlive({ pid, startTime }),
    )
  },
} as const satisfies Scheduler

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

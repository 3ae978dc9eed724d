import type { Job, Scheduler } from '../domain/scheduler.ts'
import { isSameProcessAlive, parseIdentity, processIdentity, spawnDetached } from '../lib/process.ts'

/** This machine: every job is a detached process, which outlives the one that submitted it. */
export const local = {
  id: 'local',
  title: 'This machine',
  submit(job: Job): Promise<string> {
    const pid = spawnDetached(job.argv, { cwd: job.cwd, logPath: job.logPath })
    const identity = processIdentity(pid)
    return Promise.resolve(JSON.stringify(identity ?? { pid, startTime: '' }))
  },
  isGone(submission: string): Promise<boolean> {
    const identity = parseIdentity(submission)
    return Promise.resolve(identity === null || !isSameProcessAlive(identity))
  },
} as const satisfies Scheduler

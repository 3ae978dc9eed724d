import { hostname } from 'node:os'
import { isSameProcessAlive, spawnDetached } from '../lib/process.ts'
import type { Harness } from './harness.ts'
import { readJournal } from './journal.ts'
import { runLayout } from './layout.ts'

/** Starts a detached worker for a run that has none. */
export async function resumeRun(harness: Harness, runPath: string): Promise<string> {
  const state = await readJournal(runPath)
  if (state.outcome !== null) return `already finished (${state.outcome.reason})`
  if (state.worker !== null && state.worker.host === hostname() && isSameProcessAlive(state.worker))
    return 'its worker is alive'
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
  spawnDetached([...harness.ptb, 'worker', runPath], {
    env,
    cwd: runPath,
    logPath: runLayout(runPath).workerLog,
  })
  return 'resumed'
}

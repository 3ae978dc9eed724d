import { spawnDetached } from '../lib/process.ts'
import type { Harness } from './harness.ts'
import { readJournal } from './journal.ts'
import { runLayout } from './layout.ts'
import { isAliveHere } from './worker-life.ts'

/** Starts a detached worker for a run that has none. */
export async function resumeRun(harness: Harness, runPath: string): Promise<string> {
  const state = await readJournal(runPath)
  if (state.outcome !== null) return `already finished (${state.outcome.reason})`
  if (isAliveHere(state.worker)) return 'its worker is alive'
  spawnDetached([...harness.ptb, 'worker', runPath], {
    cwd: runPath,
    logPath: runLayout(runPath).workerLog,
  })
  return 'resumed'
}

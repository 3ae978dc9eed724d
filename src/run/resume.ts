import { spawnDetached } from '../lib/process.ts'
import type { Harness } from './harness.ts'
import { readJournal } from './journal.ts'
import { runLayout } from './layout.ts'
import { isAliveHere } from './worker-life.ts'

/** Starts a detached worker for a run that has none; one that ended as `infra_failure` gets another attempt. */
export async function resumeRun(harness: Harness, runPath: string): Promise<string> {
  const state = await readJournal(runPath)
  const again = state.outcome?.kind === 'infra_failure'
  if (state.outcome !== null && !again) return `already finished (${state.outcome.reason})`
  if (isAliveHere(state.worker)) return 'its worker is alive'
  spawnDetached([...harness.ptb, 'worker', runPath, ...(again ? ['--again'] : [])], {
    cwd: runPath,
    logPath: runLayout(runPath).workerLog,
  })
  return again ? `tried again, as attempt ${state.attempts.length + 1}` : 'resumed'
}

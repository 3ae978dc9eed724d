import { hostname } from 'node:os'
import { createExclusive } from '../lib/atomic-file.ts'
import { operatorName } from '../lib/operator-name.ts'
import { openJournal, readJournal } from './journal.ts'
import { runLayout } from './layout.ts'
import { rebuildResult } from './rebuild-result.ts'
import { mayBeAlive } from './worker-life.ts'

/** Asks for the end of a run. Its worker sees the request; where there is none the run is ended here. */
export async function cancelRun(runPath: string, reason: string): Promise<string> {
  const state = await readJournal(runPath)
  if (state.outcome !== null) return `already finished (${state.outcome.reason})`
  const request = { at: new Date().toISOString(), by: `${operatorName()}@${hostname()}`, reason }
  await createExclusive(runLayout(runPath).cancelRequest, `${JSON.stringify(request)}\n`)
  if (mayBeAlive(state.worker)) return 'asked its worker to stop it'
  if (state.attempts.some((attempt) => attempt.intents.has('solve/agent') && attempt.ended === null))
    return 'will be stopped by its next worker: run `ptb resume` now'
  using journal = await openJournal(runPath)
  const outcome = { kind: 'cancelled', reason: 'cancelled/by_operator', detail: reason } as const
  const attempt = journal.state.attempts.at(-1)?.number ?? 1
  journal.append({ type: 'attempt', attempt, why: 'cancelled before it started' })
  journal.append({ type: 'attempt_end', attempt, outcome })
  await rebuildResult(runPath)
  journal.append({ type: 'finished', outcome })
  return 'cancelled'
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunState } from '../domain/journal.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Scheduler } from '../domain/scheduler.ts'
import { readBaselineMetrics } from './baseline.ts'
import type { Harness } from './harness.ts'
import { readJournal } from './journal.ts'
import { runLayout } from './layout.ts'
import { retryTime } from './plan-retry.ts'
import { isAliveHere } from './worker-life.ts'

const pollMs = 250
/** A worker that ends without finishing its run is started again; a worker that always does is given up. */
const maxStarts = 3

export type WorkItem =
  | { readonly kind: 'run'; readonly id: string; readonly path: string }
  | { readonly kind: 'baseline'; readonly id: string; readonly path: string }

export type WorkState =
  | { readonly status: 'waiting' }
  | { readonly status: 'running'; readonly phase: string; readonly attempt: number }
  /** Between two attempts, until `until` (milliseconds since 1970). It holds no slot. */
  | { readonly status: 'pausing'; readonly until: number; readonly attempt: number }
  | { readonly status: 'finished'; readonly outcome: Outcome | null }
  /** Its worker ended again and again without finishing it; its log says why. */
  | { readonly status: 'stuck'; readonly log: string }

export interface ScheduleOptions {
  readonly harness: Harness
  readonly scheduler: Scheduler
  readonly items: readonly WorkItem[]
  readonly slots: number
  /** Stops scheduling; workers that have been started go on. */
  readonly signal: AbortSignal
  readonly onChange: (item: WorkItem, state: WorkState, done: number) => void
}

/** Starts a worker for everything that is not finished and waits for the end of all. Whatever runs already is joined. */
export async function runSchedule(options: ScheduleOptions): Promise<ReadonlyMap<string, WorkState>> {
  const states = new Map<string, WorkState>()
  const submissions = new Map<string, { starts: number; submission: string }>()
  const key = (item: WorkItem): string => `${item.kind}/${item.id}`
  for (;;) {
    let active = 0
    const startable: WorkItem[] = []
    for (const item of options.items) {
      const known = states.get(key(item))
      if (known?.status === 'finished' || known?.status === 'stuck') continue
      const submitted = submissions.get(key(item))
      const look = await inspectItem(item)
      let state = look.state
      if (state.status !== 'finished') {
        const gone = submitted === undefined || (await options.scheduler.isGone(submitted.submission))
        if (look.alive || !gone) active += state.status === 'pausing' ? 0 : 1
        else if ((submitted?.starts ?? 0) >= maxStarts) {
          // It may have finished between the two looks.
          const last = await inspectItem(item)
          state = last.state.status === 'finished' ? last.state : { status: 'stuck', log: workerLog(item) }
        } else startable.push(item)
      }
      if (JSON.stringify(state) !== JSON.stringify(known)) {
        states.set(key(item), state)
        options.onChange(item, state, countDone(states))
      }
    }
    if (countDone(states) === options.items.length || options.signal.aborted) return states
    for (const item of startable.slice(0, Math.max(0, options.slots - active))) {
      const submission = await options.scheduler.submit({
        name: item.id,
        argv: [...options.harness.ptb, 'worker', item.path, '--slots', String(options.slots)],
        cwd: item.path,
        logPath: workerLog(item),
      })
      submissions.set(key(item), { starts: (submissions.get(key(item))?.starts ?? 0) + 1, submission })
    }
    await new Promise((done) => setTimeout(done, pollMs))
  }
}

function countDone(states: ReadonlyMap<string, WorkState>): number {
  return [...states.values()].filter(({ status }) => status === 'finished' || status === 'stuck').length
}

async function inspectItem(item: WorkItem): Promise<{ state: WorkState; alive: boolean }> {
  if (item.kind === 'baseline') {
    const metrics = await readBaselineMetrics(item.path)
    return {
      state: metrics === null ? { status: 'waiting' } : { status: 'finished', outcome: null },
      alive: false,
    }
  }
  const journal = await readJournal(item.path)
  return { state: stateOf(journal), alive: isAliveHere(journal.worker) }
}

function stateOf(journal: RunState): WorkState {
  if (journal.outcome !== null) return { status: 'finished', outcome: journal.outcome }
  const attempt = journal.attempts.at(-1)
  if (attempt === undefined) return { status: 'waiting' }
  const until = retryTime(journal)
  if (until !== null) return { status: 'pausing', until, attempt: attempt.number + 1 }
  return { status: 'running', phase: attempt.phase ?? 'prepare', attempt: attempt.number }
}

function workerLog(item: WorkItem): string {
  return item.kind === 'run' ? runLayout(item.path).workerLog : join(item.path, 'worker.log')
}

/** The last lines of a worker's log, for the error message about a run that is stuck. */
export async function readLogTail(path: string, lines = 5): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}

import { spawn } from 'node:child_process'
import { existsSync, openSync, closeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import {
  attemptEventLineSchema,
  foldAttemptEvents,
  solveEndSchema,
  type AttemptProgress,
  type SolveRecord,
} from '../../domain/attempt-event.ts'
import type { Outcome } from '../../domain/outcome.ts'
import type { Lease } from '../../lib/lease.ts'
import { createExclusive } from '../../lib/atomic-file.ts'
import { readJsonl } from '../../lib/jsonl.ts'
import { isSameProcessAlive, parseIdentity } from '../../lib/process.ts'
import { attemptLayout, type AttemptLayout } from '../layout.ts'
import type { AttemptContext } from './context.ts'

const pollMs = 100
/** What a dead supervisor wrote last may come into sight a little later, on a file system that keeps old pages. */
const lastWordsLooks = 10
/** How long a supervisor may take from its start to its first event. */
const supervisorStartMs = 60_000

/** The attempt cannot be scored, through no fault of the agent. */
export class InfraFailure extends Error {
  readonly outcome: Outcome
  constructor(reason: string, detail: string) {
    super(detail)
    this.name = 'InfraFailure'
    this.outcome = { kind: 'infra_failure', reason: `infra_failure/${reason}`, detail }
  }
}

/**
 * Starts the attempt's supervisor, or finds the one that a former worker started, and waits for its end. An agent is
 * started at most once per attempt: where that is in doubt the attempt is over.
 */
export async function solveAttempt(context: AttemptContext, lease: Lease | null): Promise<SolveRecord> {
  const layout = attemptLayout(context.runPath, context.attempt)
  let isGone = (): boolean => false
  context.fence()
  if (!existsSync(layout.started)) isGone = startSupervisor(context, lease)
  const startBy = performance.now() + supervisorStartMs
  let looksAtDead = 0
  for (let cancelled = false; ; await new Promise((done) => setTimeout(done, pollMs))) {
    context.fence()
    const failedToStart = isGone() && !existsSync(layout.started)
    const progress = await readAttemptProgress(context.runPath, context.attempt)
    if (progress.ended !== null) return progress.ended
    if (progress.failed !== null)
      throw new InfraFailure(lastPart(progress.failed.reason), progress.failed.detail)
    if (progress.supervisor === null) {
      const late = performance.now() > startBy
      // By the claim, a supervisor that is only slow does not start an agent any more.
      const abandoned = (late || failedToStart) && (await createExclusive(layout.started, 'nobody\n'))
      if (abandoned || ((await isDeadAtStart(layout, { late })) && looksAtDead++ === lastWordsLooks))
        throw new InfraFailure('supervisor_not_started', 'the supervisor did not start')
    } else if (!isSameProcessAlive(progress.supervisor)) {
      if (looksAtDead++ === lastWordsLooks)
        throw new InfraFailure(
          'supervisor_died',
          'the supervisor died while the agent ran; its sandbox died with it',
        )
    } else if (context.cancel.aborted && !cancelled) {
      cancelled = true
      process.kill(progress.supervisor.pid, 'SIGTERM')
    }
  }
}

/** It has claimed the attempt, and died before it could say anything; if `late`, even who it was. */
async function isDeadAtStart(layout: AttemptLayout, { late }: { readonly late: boolean }): Promise<boolean> {
  const claim = await readFile(layout.started, 'utf8').catch(() => null)
  const claimant = parseIdentity(claim ?? '')
  if (claimant === null ? claim === null || !late : isSameProcessAlive(claimant)) return false
  return (await readJsonl(layout.events)).lines.length === 0
}

export async function readAttemptProgress(runPath: string, attempt: number): Promise<AttemptProgress> {
  const { lines } = await readJsonl(attemptLayout(runPath, attempt).events)
  return foldAttemptEvents(lines.map(({ value }) => attemptEventLineSchema.parse(value)))
}

export function parseSolveRecord(data: unknown): SolveRecord {
  return solveEndSchema.parse(data)
}

/** Detached, and holding the lease as well: it outlives this worker. Returns whether it is gone again. */
function startSupervisor({ harness, runPath, attempt }: AttemptContext, lease: Lease | null): () => boolean {
  let gone = false
  const [command = '', ...prefix] = harness.ptb
  const log = openSync(attemptLayout(runPath, attempt).supervisorLog, 'a')
  try {
    const child = spawn(command, [...prefix, 'supervise', runPath, String(attempt)], {
      detached: true,
      stdio: ['ignore', log, log, lease?.fd ?? 'ignore'],
    })
    child.on('error', () => (gone = true))
    child.on('exit', () => (gone = true))
    child.unref()
    return () => gone
  } finally {
    closeSync(log)
  }
}

function lastPart(reason: string): string {
  return reason.slice(reason.lastIndexOf('/') + 1)
}

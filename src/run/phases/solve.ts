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
import { readJsonl } from '../../lib/jsonl.ts'
import { isSameProcessAlive, parseIdentity } from '../../lib/process.ts'
import { attemptLayout, type AttemptLayout } from '../layout.ts'
import type { AttemptContext } from './context.ts'

const pollMs = 100
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
  let progress = await readAttemptProgress(context.runPath, context.attempt)
  if (progress.ended === null && progress.failed === null && !existsSync(layout.started))
    startSupervisor(context, lease)
  const startBy = Date.now() + supervisorStartMs
  for (let cancelled = false; ; await new Promise((done) => setTimeout(done, pollMs))) {
    progress = await readAttemptProgress(context.runPath, context.attempt)
    if (progress.ended !== null) return progress.ended
    if (progress.failed !== null)
      throw new InfraFailure(lastPart(progress.failed.reason), progress.failed.detail)
    if (progress.supervisor === null) {
      if (Date.now() > startBy || (await isDeadAtStart(layout)))
        throw new InfraFailure('supervisor_not_started', 'the supervisor did not start')
    } else if (!isSameProcessAlive(progress.supervisor)) {
      progress = await readAttemptProgress(context.runPath, context.attempt)
      if (progress.ended === null && progress.failed === null)
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

/** It has claimed the attempt, and died before it could say anything. */
async function isDeadAtStart(layout: AttemptLayout): Promise<boolean> {
  const claimant = parseIdentity(await readFile(layout.started, 'utf8').catch(() => ''))
  if (claimant === null || isSameProcessAlive(claimant)) return false
  return (await readJsonl(layout.events)).lines.length === 0
}

export async function readAttemptProgress(runPath: string, attempt: number): Promise<AttemptProgress> {
  const { lines } = await readJsonl(attemptLayout(runPath, attempt).events)
  return foldAttemptEvents(lines.map(({ value }) => attemptEventLineSchema.parse(value)))
}

export function parseSolveRecord(data: unknown): SolveRecord {
  return solveEndSchema.parse(data)
}

/** Detached, and holding the lease as well: it outlives this worker. */
function startSupervisor({ harness, runPath, attempt }: AttemptContext, lease: Lease | null): void {
  const [command = '', ...prefix] = harness.ptb
  const log = openSync(attemptLayout(runPath, attempt).supervisorLog, 'a')
  try {
    const child = spawn(command, [...prefix, 'supervise', runPath, String(attempt)], {
      detached: true,
      stdio: ['ignore', log, log, lease?.fd ?? 'ignore'],
    })
    child.on('error', () => {}) // noticed as a supervisor that does not start
    child.unref()
  } finally {
    closeSync(log)
  }
}

function lastPart(reason: string): string {
  return reason.slice(reason.lastIndexOf('/') + 1)
}

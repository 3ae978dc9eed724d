import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { notifySchema, type Notify } from '../domain/experiment.ts'
import type { Notification } from '../domain/notification.ts'
import type { Outcome } from '../domain/outcome.ts'
import { runFileSchema } from '../domain/run-spec.ts'
import { createExclusive, writeJsonAtomic } from '../lib/atomic-file.ts'
import { inertLine } from '../lib/inert-text.ts'
import { runCommand } from '../lib/process.ts'
import { runLayout } from './layout.ts'
import { createOperatorRedactor } from './operator-secrets.ts'

/**
 * The operator's own command is told what happens. Of a run its worker tells, just before it ends, at most once; so that
 * works while `ptb run` is not there. `ptb run` tells of workers that are stuck and of the experiment's end, the next one
 * where it was interrupted. No failure here ever becomes a run's.
 */

/** `notify.json` beside the lock: workers do not read the experiment file. */
export const notifyFileSchema = z.object({
  /** Null: nobody is told any more. */
  notify: notifySchema.nullable(),
  /** The experiment has had something to do since its end was last told. */
  endPending: z.boolean(),
})
export type NotifyFile = z.infer<typeof notifyFileSchema>

export async function readNotifyFile(experimentPath: string): Promise<NotifyFile | null> {
  try {
    return notifyFileSchema.parse(JSON.parse(await readFile(fileOf(experimentPath), 'utf8')))
  } catch {
    return null
  }
}

export async function writeNotifyFile(experimentPath: string, content: NotifyFile): Promise<void> {
  await writeJsonAtomic(fileOf(experimentPath), content)
}

function fileOf(experimentPath: string): string {
  return join(experimentPath, 'notify.json')
}

/** For the worker. Resolves with what went wrong, as one line, or null. */
export async function notifyRunEnd(runPath: string, outcome: Outcome): Promise<string | null> {
  try {
    const experimentPath = dirname(dirname(runPath))
    const notify = (await readNotifyFile(experimentPath))?.notify ?? null
    const event = (['infra_failure', 'run_finished'] as const).find(
      (name) => notify?.on.includes(name) && (name === 'run_finished' || outcome.kind === 'infra_failure'),
    )
    if (notify === null || event === undefined) return null
    const run = runFileSchema.parse(JSON.parse(await readFile(runLayout(runPath).runFile, 'utf8')))
    if (!(await createExclusive(join(runPath, 'notified'), `${event}\n`))) return null
    return await sendNotification(notify, {
      event,
      experiment: run.experiment,
      run: run.id,
      outcome,
      counts: null,
    })
  } catch (error) {
    return `the notification failed: ${inertLine(error instanceof Error ? error.message : String(error))}`
  }
}

/** Resolves with what went wrong, as one line, or null; also when `on` does not ask for it. */
export async function sendNotification(
  notify: Notify,
  about: Omit<Notification, 'schemaVersion' | 'at'>,
  now: () => Date = () => new Date(),
): Promise<string | null> {
  if (!notify.on.includes(about.event)) return null
  const { outcome, run } = about
  const notification: Notification = {
    schemaVersion: 1,
    ...about,
    at: now().toISOString(),
    run: run === null ? null : short(run),
    outcome:
      outcome === null ? null : { ...outcome, reason: short(outcome.reason), detail: short(outcome.detail) },
  }
  const result = await runCommand(notify.command, {
    input: `${JSON.stringify(notification)}\n`,
    env: foreignEnvironment(),
    timeoutMs: notify.timeoutSeconds * 1000,
    maxOutputBytes: 4096,
  })
  if (result.code === 0) return null
  const why =
    result.error ??
    (result.timedOut
      ? `it was killed after ${notify.timeoutSeconds} s`
      : `it ended with ${result.signal ?? `exit code ${result.code}`}: ${result.stderr.trim()}`)
  return short(`the notification of ${about.event} failed: ${why}`)
}

/** Words of agents and of errors may be in it. */
function short(text: string): string {
  return createOperatorRedactor().redact(inertLine(text)).slice(0, 500)
}

/** The operator's, without what is ours. */
function foreignEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('PTB_') ? [] : [[name, value] as const],
    ),
  )
}

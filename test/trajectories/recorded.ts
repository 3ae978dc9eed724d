import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { AgentExit } from '../../src/domain/end-reason.ts'

/** Runs of the agent CLIs that were recorded once, and the published schema: beside the repository, named by `PTB_SHARED`. */
export const shared = process.env['PTB_SHARED'] ?? join(import.meta.dirname, '../../../shared')

const recordingSchema = z.object({
  file: z.string(),
  /** Negative: the number of a signal. */
  rc: z.number(),
  scenario: z.string(),
  timed_out_and_killed: z.boolean().optional(),
  secs_after_signal: z.number().nullish(),
  left_over_at_exit: z.array(z.string()).optional(),
})
export type Recording = z.infer<typeof recordingSchema>

/** Null where the recordings are not there. */
export async function readRecordings(): Promise<readonly Recording[] | null> {
  const text = await readFile(join(shared, 'transcripts/index.json'), 'utf8').catch(() => null)
  return text === null ? null : z.array(recordingSchema).parse(JSON.parse(text))
}

export async function readRecording(recording: Recording): Promise<{ out: Buffer; err: Buffer }> {
  const path = join(shared, 'transcripts', recording.file)
  return {
    out: await readFile(path),
    err: await readFile(path.replace(/\.jsonl$/u, '.stderr')).catch(() => Buffer.alloc(0)),
  }
}

export function agentOf({ file }: Recording): string {
  return file.split('-')[0] ?? ''
}

const signals: Readonly<Record<number, string>> = { 2: 'SIGINT', 9: 'SIGKILL', 15: 'SIGTERM' }

export function exitOf(recording: Recording): AgentExit {
  const {
    rc,
    file,
    secs_after_signal: afterSignal,
    timed_out_and_killed: late,
    left_over_at_exit: left,
  } = recording
  const sent = /sig(?:int|term)/u.exec(file)?.[0].toUpperCase()
  const signal = rc < 0 ? signals[-rc] : typeof afterSignal === 'number' ? sent : undefined
  return {
    exitCode: rc < 0 ? null : rc,
    ...(signal === undefined ? {} : { signal }),
    ...(late === true ? { stopped: 'deadline' } : {}),
    ...(left === undefined ? {} : { leftOver: left.length }),
  }
}

/** What the record implies: who was killed, what was answered to the agent, and what it left behind. */
export function expectedReason(recording: Recording): string {
  const { file, rc, scenario, timed_out_and_killed: late, secs_after_signal: afterSignal } = recording
  const agent = agentOf(recording)
  if (late === true) return 'killed'
  if (typeof afterSignal === 'number') return afterSignal > 10 ? 'finished' : 'killed' // it ran on to its end
  if (file.includes('session-left') || ((recording.left_over_at_exit?.length ?? 0) > 0 && rc === 0))
    return 'background'
  if (rc === 0) return scenario === 'write.json' && file.includes('max-budget') ? 'limit' : 'finished'
  if (/err401|nokey/u.test(file)) return agent === 'claude' || file.includes('401') ? 'auth' : 'crash'
  // the answers of these statuses said that the budget was used up
  if (/err40[023]|budget|err429/u.test(file)) return 'limit'
  if (file.includes('flaky')) return agent === 'codex' ? 'limit' : 'crash'
  return 'crash'
}

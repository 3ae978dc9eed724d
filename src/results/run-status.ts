import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { outcomeSchema, type Outcome } from '../domain/outcome.ts'
import { resultSchema } from '../domain/result.ts'
import { runFileSchema } from '../domain/run-spec.ts'
import { readJournal } from '../run/journal.ts'
import { evaluationPath, runLayout } from '../run/layout.ts'
import { readAttemptProgress } from '../run/phases/solve.ts'
import { retryTime } from '../run/plan-retry.ts'
import { mayBeAlive } from '../run/worker-life.ts'

/** One run as `ptb status --json` prints it. Times in milliseconds. */
export interface RunStatus {
  readonly id: string
  readonly experiment: string
  readonly agent: string
  readonly benchmark: string
  readonly status: 'waiting' | 'running' | 'finished' | 'orphaned'
  readonly phase: string | null
  readonly attempt: number
  /** Since the attempt began; of a finished run from the start of its agent to its end, null when it had none. */
  readonly elapsedMs: number | null
  /** Of the agent's budget; null when no agent runs. */
  readonly remainingMs: number | null
  /** Answers on record while the submission is evaluated; null in every other phase. */
  readonly evaluatedSamples: number | null
  /** ISO time; of a run that waits between two attempts, null for any other. */
  readonly waitsUntil: string | null
  readonly outcome: Outcome | null
}

/** What may be looked at again and again: of a finished run only the result and the journal's last line are read. */
export async function readRunStatus(runPath: string): Promise<RunStatus | null> {
  return readFinished(runPath) ?? (await readUnfinished(runPath))
}

const finishedResultSchema = resultSchema
  .pick({ runId: true, experiment: true, agent: true, benchmark: true, attempts: true, finishedAt: true })
  .extend({ outcome: outcomeSchema, solve: z.object({ startedAt: z.string().nullable() }) })

/** Synchronous, since thousands of small local reads take a third of the time that way. */
function readFinished(runPath: string): RunStatus | null {
  const layout = runLayout(runPath)
  // the result is written just before the journal says that the run is over
  if (!endsFinished(layout.journal)) return null
  const result = readResult(layout.result)
  if (result === undefined) return null
  const { runId: id, experiment, agent, benchmark, attempts, outcome, solve, finishedAt } = result
  return {
    id,
    experiment,
    agent,
    benchmark,
    status: 'finished',
    phase: null,
    attempt: attempts,
    elapsedMs: solve.startedAt === null ? null : since(solve.startedAt, Date.parse(finishedAt)),
    remainingMs: null,
    evaluatedSamples: null,
    waitsUntil: null,
    outcome,
  }
}

const tailBytes = 4096

/** The journal's last line says that the run is over. A longer line, or a torn one, leaves it to the whole journal. */
function endsFinished(path: string): boolean {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return false
  }
  try {
    const { size } = fstatSync(file)
    const tail = Buffer.allocUnsafe(Math.min(size, tailBytes))
    readSync(file, tail, 0, tail.length, size - tail.length)
    if (tail.at(-1) !== 0x0a) return false
    const line: unknown = JSON.parse(tail.toString('utf8', tail.lastIndexOf(0x0a, -2) + 1))
    return typeof line === 'object' && line !== null && 'type' in line && line.type === 'finished'
  } catch {
    return false
  } finally {
    closeSync(file)
  }
}

function readResult(path: string): z.infer<typeof finishedResultSchema> | undefined {
  try {
    return finishedResultSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** Null where there is no run.json: a run that `ptb run` is just making, or was killed at. */
async function readUnfinished(runPath: string): Promise<RunStatus | null> {
  const { runFile } = runLayout(runPath)
  if (!existsSync(runFile)) return null
  const run = runFileSchema.parse(JSON.parse(await readFile(runFile, 'utf8')))
  const state = await readJournal(runPath)
  const attempt = state.attempts.at(-1)
  const progress =
    attempt === undefined || state.outcome !== null
      ? null
      : await readAttemptProgress(runPath, attempt.number)
  const retryAt = retryTime(state, { retries: run.infraRetries })
  const solving = progress !== null && progress.agentStartedAt !== null && progress.ended === null
  const solvedMs = solving ? since(progress.agentStartedAt) : null
  return {
    id: run.id,
    experiment: run.experiment,
    agent: run.spec.agent.name,
    benchmark: run.spec.benchmark.id,
    status:
      state.outcome !== null
        ? 'finished'
        : attempt === undefined
          ? 'waiting'
          : mayBeAlive(state.worker)
            ? 'running'
            : 'orphaned',
    phase: state.outcome === null ? (attempt?.phase ?? null) : null,
    attempt: attempt?.number ?? 0,
    elapsedMs: attempt === undefined || state.outcome !== null ? null : since(attempt.startedAt),
    remainingMs:
      solvedMs === null || progress?.budgetMs == null ? null : Math.max(0, progress.budgetMs - solvedMs),
    evaluatedSamples:
      state.outcome === null && attempt?.phase === 'evaluate'
        ? await countLines(join(evaluationPath(runPath, run.spec.protocol.id, 1), 'samples.jsonl'))
        : null,
    waitsUntil: retryAt === null ? null : new Date(retryAt).toISOString(),
    // the result knows verdicts that were given after the end; the journal does not
    outcome:
      state.outcome === null ? null : (readResult(runLayout(runPath).result)?.outcome ?? state.outcome),
  }
}

/** None for a time to come: the clock was set back. */
function since(time: string, now = Date.now()): number {
  return Math.max(0, now - Date.parse(time))
}

async function countLines(path: string): Promise<number> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  return bytes.reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 0)
}

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../domain/error.ts'
import type { Outcome } from '../domain/outcome.ts'
import { resultSchema } from '../domain/result.ts'
import { runFileSchema } from '../domain/run-spec.ts'
import { renderTable } from '../lib/table.ts'
import { readJournal } from '../run/journal.ts'
import { evaluationPath, runLayout } from '../run/layout.ts'
import { readAttemptProgress } from '../run/phases/solve.ts'
import { mayBeAlive } from '../run/worker-life.ts'
import { formatDuration } from '../domain/duration.ts'
import { listFolders } from './find-run.ts'

/** One run as `ptb status --json` prints it. Times in milliseconds. */
interface RunStatus {
  readonly id: string
  readonly experiment: string
  readonly agent: string
  readonly benchmark: string
  readonly status: 'waiting' | 'running' | 'finished' | 'orphaned'
  readonly phase: string | null
  readonly attempt: number
  readonly elapsedMs: number | null
  /** Of the agent's budget; null when no agent runs. */
  readonly remainingMs: number | null
  /** Answers on record while the submission is evaluated; null in every other phase. */
  readonly evaluatedSamples: number | null
  readonly outcome: Outcome | null
}

export async function renderStatus(path: string, options: { readonly json: boolean }): Promise<string> {
  const folders = existsSync(join(path, 'runs'))
    ? [path]
    : (await listFolders(path)).map((name) => join(path, name))
  const runs: RunStatus[] = []
  for (const folder of folders)
    for (const id of await listFolders(join(folder, 'runs'))) {
      const run = join(folder, 'runs', id)
      // a folder without run.json is one that `ptb run` is just making, or was killed at
      if (existsSync(runLayout(run).runFile)) runs.push(await readStatus(run))
    }
  if (options.json) return JSON.stringify(runs, null, 2)
  if (runs.length === 0)
    throw new BenchError(`there are no runs in ${path}`, {
      code: 'status/empty',
      kind: 'usage',
      remedy: "Name an experiment's folder, such as results/demo, or start one with `ptb run FILE`.",
    })
  const table = renderTable(
    [
      { title: 'run' },
      { title: 'status' },
      { title: 'phase' },
      { title: 'attempt', align: 'right' },
      { title: 'elapsed', align: 'right' },
      { title: 'left', align: 'right' },
      { title: 'outcome' },
    ],
    runs.map((run) => [
      run.id,
      run.status,
      run.status === 'finished' ? '' : describePhase(run),
      run.attempt === 0 ? '' : String(run.attempt),
      run.elapsedMs === null ? '' : formatDuration(run.elapsedMs),
      run.remainingMs === null ? '' : formatDuration(run.remainingMs),
      run.outcome?.reason ?? '',
    ]),
  )
  const orphaned = runs.filter(({ status }) => status === 'orphaned').length
  const done = runs.filter(({ status }) => status === 'finished').length
  const note =
    orphaned === 0
      ? ''
      : `; ${orphaned} without a worker: \`ptb resume RUN\` or \`ptb run FILE\` goes on with them`
  return `${table}\n\n${done} of ${runs.length} finished${note}`
}

async function readStatus(runPath: string): Promise<RunStatus> {
  const run = runFileSchema.parse(JSON.parse(await readFile(runLayout(runPath).runFile, 'utf8')))
  const state = await readJournal(runPath)
  const attempt = state.attempts.at(-1)
  const progress =
    attempt === undefined || state.outcome !== null
      ? null
      : await readAttemptProgress(runPath, attempt.number)
  const solving = progress !== null && progress.agentStartedAt !== null && progress.ended === null
  const solvedMs = solving ? Date.now() - Date.parse(progress.agentStartedAt) : null
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
    phase: attempt?.phase ?? null,
    attempt: attempt?.number ?? 0,
    elapsedMs:
      attempt === undefined
        ? null
        : (state.outcome === null ? Date.now() : Date.parse(state.updatedAt ?? attempt.startedAt)) -
          Date.parse(attempt.startedAt),
    remainingMs:
      solvedMs === null || progress?.budgetMs == null ? null : Math.max(0, progress.budgetMs - solvedMs),
    evaluatedSamples:
      state.outcome === null && attempt?.phase === 'evaluate'
        ? await countLines(join(evaluationPath(runPath, run.spec.protocol.id, 1), 'samples.jsonl'))
        : null,
    outcome: state.outcome === null ? null : await readOutcome(runPath, state.outcome),
  }
}

function describePhase({ phase, evaluatedSamples }: RunStatus): string {
  return evaluatedSamples === null ? (phase ?? '') : `${phase}, ${evaluatedSamples} samples`
}

async function countLines(path: string): Promise<number> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  return bytes.reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 0)
}

/** The result knows verdicts that were given after the run had finished; the journal does not. */
async function readOutcome(runPath: string, finished: Outcome): Promise<Outcome> {
  const path = runLayout(runPath).result
  if (!existsSync(path)) return finished
  return resultSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data?.outcome ?? finished
}

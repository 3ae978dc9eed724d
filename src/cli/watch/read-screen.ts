import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import {
  attemptEventLineSchema,
  foldAttemptEvents,
  type AttemptProgress,
} from '../../domain/attempt-event.ts'
import { selfEvaluationSchema } from '../../domain/evaluation.ts'
import type { Phase, RunState } from '../../domain/journal.ts'
import { monitorSampleSchema } from '../../domain/monitor.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { resultSchema } from '../../domain/result.ts'
import { runFileSchema, runSpecSchema } from '../../domain/run-spec.ts'
import { readJsonl } from '../../lib/jsonl.ts'
import { mapConcurrently } from '../../lib/map-concurrently.ts'
import { readJournal } from '../../run/journal.ts'
import { attemptLayout, evaluationPath, runLayout } from '../../run/layout.ts'
import { retryTime } from '../../run/plan-retry.ts'
import { mayBeAlive } from '../../run/worker-life.ts'
import { listFolders } from '../find-run.ts'
import { createCachedRead, createLineCounter, readLastLine } from './watched-file.ts'

/** One run as `ptb watch` shows it. Points in time are milliseconds since 1970. */
export interface WatchedRun {
  readonly id: string
  readonly experiment: string
  readonly agent: string
  readonly status: 'running' | 'orphaned' | 'waiting' | 'finished'
  readonly phase: Phase | null
  /** The current one; 0 before the first. */
  readonly attempt: number
  readonly budgetMs: number
  /** Start of the first attempt. */
  readonly startedAt: number | null
  readonly finishedAt: number | null
  /** Start of the agent; null unless it is at work. */
  readonly solvingSince: number | null
  /** Start of the next attempt; null unless the run waits between two. */
  readonly waitsUntil: number | null
  /** Answers on record; null unless the submission is being evaluated. */
  readonly evaluatedSamples: number | null
  /** The latest that the agent asked for in the current attempt. */
  readonly selfEvaluation: { readonly at: number; readonly accuracy: number } | null
  /** Of the sandbox; null unless the agent is at work. */
  readonly usage: { readonly processes: number; readonly memoryBytes: number } | null
  readonly outcome: Outcome | null
}

export interface Screen {
  readonly at: number
  readonly runs: readonly WatchedRun[]
  /** Runs that cannot be read, with the reason. */
  readonly unreadable: readonly { readonly id: string; readonly why: string }[]
}

export interface ScreenReader {
  read(): Promise<Screen>
}

/** Files of a network disk are slow one after the other. */
const concurrency = 8

/** Reads an experiment's folder, or a folder of experiments, again and again; what has not changed is not read again. */
export function createScreenReader(path: string): ScreenReader {
  const readers = new Map<string, () => Promise<WatchedRun>>()
  return {
    async read() {
      const runs = new Map<string, WatchedRun>()
      const unreadable = new Map<string, { id: string; why: string }>()
      const folders = await listRunFolders(path)
      await mapConcurrently(folders, concurrency, async ({ id, path }) => {
        const read = readers.get(path) ?? createRunReader(path)
        readers.set(path, read)
        try {
          runs.set(path, await read())
        } catch (error) {
          unreadable.set(path, { id, why: error instanceof Error ? error.message : String(error) })
        }
      })
      // in the order of the folders, whichever was read first
      return {
        at: Date.now(),
        runs: folders.flatMap(({ path }) => runs.get(path) ?? []),
        unreadable: folders.flatMap(({ path }) => unreadable.get(path) ?? []),
      }
    },
  }
}

async function listRunFolders(path: string): Promise<{ id: string; path: string }[]> {
  const experiments = existsSync(join(path, 'runs'))
    ? [path]
    : (await listFolders(path)).map((name) => join(path, name))
  const folders = await Promise.all(
    experiments.map(async (experiment) =>
      (await listFolders(join(experiment, 'runs'))).map((id) => ({ id, path: join(experiment, 'runs', id) })),
    ),
  )
  // a folder without run.json is one that `ptb run` is just making, or was killed at
  return folders.flat().filter(({ path }) => existsSync(runLayout(path).runFile))
}

/** What is shown of a run's spec: a field that only other versions know is no reason to show nothing. */
const shownRunSchema = runFileSchema.pick({ id: true, experiment: true }).extend({
  spec: runSpecSchema.pick({ agent: true, protocol: true, budget: true }),
})
const shownResultSchema = resultSchema.pick({ outcome: true })
const shownUsageSchema = monitorSampleSchema.pick({ processes: true, memoryBytes: true })
const shownSelfEvaluationSchema = selfEvaluationSchema.pick({ at: true, accuracy: true })

function createRunReader(path: string): () => Promise<WatchedRun> {
  const layout = runLayout(path)
  const readRun = createCachedRead(layout.runFile, () => readJson(layout.runFile, shownRunSchema))
  const readState = createCachedRead(layout.journal, () => readJournal(path))
  const readResult = createCachedRead(layout.result, () => readJson(layout.result, shownResultSchema))
  let attempt: AttemptReader | null = null

  return async () => {
    const run = await readRun()
    if (run === null) throw new Error('run.json is gone')
    const state = await readState()
    const last = state?.attempts.at(-1)
    const known = {
      id: run.id,
      experiment: run.experiment,
      agent: run.spec.agent.name,
      phase: last?.phase ?? null,
      attempt: last?.number ?? 0,
      budgetMs: run.spec.budget.hours * 3_600_000,
      startedAt: state?.attempts[0] === undefined ? null : Date.parse(state.attempts[0].startedAt),
    }
    const nothingOfAnAgent = { solvingSince: null, evaluatedSamples: null, selfEvaluation: null, usage: null }
    // first of all: a run that is cancelled while it waits finishes without an attempt
    if (state !== null && state.outcome !== null) {
      attempt = null
      return {
        ...known,
        ...nothingOfAnAgent,
        waitsUntil: null,
        status: 'finished',
        finishedAt: state.updatedAt === null ? null : Date.parse(state.updatedAt),
        // the result knows verdicts that were given after the run had finished; the journal does not
        outcome: (await readResult())?.outcome ?? state.outcome,
      }
    }
    if (state === null || last === undefined)
      return {
        ...known,
        ...nothingOfAnAgent,
        waitsUntil: null,
        status: 'waiting',
        finishedAt: null,
        outcome: null,
      }
    if (attempt?.number !== last.number)
      attempt = createAttemptReader(path, last.number, run.spec.protocol.id)
    return {
      ...known,
      ...(await attempt.read(last.phase)),
      waitsUntil: retryTime(state),
      status: statusOf(state),
      finishedAt: null,
      outcome: null,
    }
  }
}

function statusOf({ worker }: RunState): 'running' | 'orphaned' {
  return mayBeAlive(worker) ? 'running' : 'orphaned'
}

type AttemptView = Pick<WatchedRun, 'solvingSince' | 'evaluatedSamples' | 'selfEvaluation' | 'usage'>

interface AttemptReader {
  readonly number: number
  read(phase: Phase | null): Promise<AttemptView>
}

function createAttemptReader(runPath: string, number: number, protocol: string): AttemptReader {
  const layout = attemptLayout(runPath, number)
  const readProgress = createCachedRead(layout.events, () => readKnownEvents(layout.events))
  const readUsage = createCachedRead(layout.monitor, async () =>
    shownUsageSchema.safeParse(await readLastLine(layout.monitor)),
  )
  const readSelfEvaluation = createCachedRead(layout.selfEvaluations, async () =>
    shownSelfEvaluationSchema.safeParse(await readLastLine(layout.selfEvaluations)),
  )
  const countSamples = createLineCounter(join(evaluationPath(runPath, protocol, 1), 'samples.jsonl'))
  return {
    number,
    async read(phase) {
      const progress = await readProgress()
      const solving = phase === 'solve' && progress?.ended === null ? progress.agentStartedAt : null
      const selfEvaluation = (await readSelfEvaluation())?.data
      return {
        solvingSince: solving === null ? null : Date.parse(solving),
        evaluatedSamples: phase === 'evaluate' ? await countSamples() : null,
        selfEvaluation:
          selfEvaluation === undefined
            ? null
            : { at: Date.parse(selfEvaluation.at), accuracy: selfEvaluation.accuracy },
        usage: solving === null ? null : ((await readUsage())?.data ?? null),
      }
    },
  }
}

/** Events that only other versions know change nothing that is shown here. */
async function readKnownEvents(path: string): Promise<AttemptProgress> {
  const { lines } = await readJsonl(path)
  return foldAttemptEvents(lines.flatMap(({ value }) => attemptEventLineSchema.safeParse(value).data ?? []))
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(JSON.parse(await readFile(path, 'utf8')))
}

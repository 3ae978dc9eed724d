import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../domain/error.ts'
import { lockSchema, type BaselineFile, type Lock, type RunFile } from '../domain/run-spec.ts'
import { writeFileAtomic, writeJsonAtomic } from '../lib/atomic-file.ts'
import { renderDifferences } from '../lib/differences.ts'
import { readJournal } from './journal.ts'
import { runLayout } from './layout.ts'
import type { Plan } from './plan.ts'
import type { WorkItem } from './schedule.ts'

export interface LockedExperiment {
  readonly path: string
  readonly lock: Lock
  /** What the plan asks for, in its order; earlier entries of the lock that it no longer names are left out. */
  readonly runs: readonly WorkItem[]
  readonly baselines: readonly WorkItem[]
}

/**
 * Freezes a plan in the experiment's folder. The lock only grows; a run whose spec changed is replaced as long as it
 * has not been started, and refused with the difference afterwards.
 */
export async function lockExperiment(options: {
  readonly plan: Plan
  readonly path: string
  /** Content of the experiment file, kept beside the lock. */
  readonly source: string
  readonly harnessVersion: string
  readonly now?: () => Date
}): Promise<LockedExperiment> {
  const { plan, path } = options
  const now = (options.now ?? (() => new Date()))().toISOString()
  const known = await readLock(path)
  const lock: Lock = known ?? { schemaVersion: 1, experiment: plan.name, createdAt: now, runs: [], baselines: [] }
  const runs = [...lock.runs]
  const refusals: string[] = []
  for (const { id, repeat, spec, specHash } of plan.runs) {
    const at = runs.findIndex((run) => run.id === id)
    const old = runs[at]
    if (old?.specHash === specHash) continue
    const entry = { id, repeat, specHash, spec, harnessVersion: options.harnessVersion, addedAt: now }
    if (old === undefined) runs.push(entry)
    else if (await isStarted(runPath(path, id))) refusals.push(`${id}:\n${renderDifferences(old.spec, spec)}`)
    else runs[at] = entry
  }
  if (refusals.length > 0)
    throw new BenchError(`the spec of runs that have been started would change:\n${refusals.join('\n')}`, {
      code: 'lock/spec_changed',
      kind: 'usage',
      remedy: 'Undo the change, or give the experiment (or the agent) a new name. Finished runs stay as they are.',
    })
  const baselines = [...lock.baselines]
  for (const { id, spec, specHash } of plan.baselines)
    if (!baselines.some((baseline) => baseline.id === id)) baselines.push({ id, spec, specHash, addedAt: now })

  await mkdir(path, { recursive: true })
  const next: Lock = { ...lock, runs, baselines }
  await writeJsonAtomic(join(path, 'experiment.lock.json'), next)
  await writeFileAtomic(join(path, 'experiment.yaml'), options.source)
  await writeFolders(path, next, plan)
  return {
    path,
    lock: next,
    runs: plan.runs.map(({ id }) => ({ kind: 'run', id, path: runPath(path, id) })),
    baselines: plan.baselines.map(({ id }) => ({ kind: 'baseline', id, path: baselinePath(path, id) })),
  }
}

export async function readLock(path: string): Promise<Lock | null> {
  const file = join(path, 'experiment.lock.json')
  if (!existsSync(file)) return null
  const parsed = lockSchema.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (parsed.success) return parsed.data
  throw new BenchError(`${file} is not a lock of this version of ptb`, {
    code: 'lock/invalid',
    kind: 'usage',
    remedy: 'Use the version of ptb that wrote it, or name another folder with --results.',
    cause: parsed.error,
  })
}

export function runPath(experimentPath: string, id: string): string {
  return join(experimentPath, 'runs', id)
}

export function baselinePath(experimentPath: string, id: string): string {
  return join(experimentPath, 'baselines', id)
}

async function isStarted(path: string): Promise<boolean> {
  return existsSync(runLayout(path).journal) && (await readJournal(path)).attempts.length > 0
}

/** `run.json` and `baseline.json`, from which a worker takes everything: it never reads the lock. */
async function writeFolders(path: string, lock: Lock, plan: Plan): Promise<void> {
  for (const run of lock.runs) {
    if (!plan.runs.some(({ id }) => id === run.id)) continue
    const folder = runPath(path, run.id)
    if (await isStarted(folder)) continue
    await mkdir(folder, { recursive: true })
    const file: RunFile = {
      schemaVersion: 1,
      id: run.id,
      experiment: lock.experiment,
      repeat: run.repeat,
      spec: run.spec,
      specHash: run.specHash,
      infraRetries: plan.infraRetries,
      harnessVersion: run.harnessVersion,
      createdAt: run.addedAt,
    }
    await writeJsonAtomic(runLayout(folder).runFile, file)
  }
  for (const baseline of lock.baselines) {
    const folder = baselinePath(path, baseline.id)
    if (existsSync(join(folder, 'baseline.json'))) continue
    await mkdir(folder, { recursive: true })
    const file: BaselineFile = {
      schemaVersion: 1,
      id: baseline.id,
      experiment: lock.experiment,
      spec: baseline.spec,
      specHash: baseline.specHash,
      harnessVersion: lock.runs[0]?.harnessVersion ?? '',
    }
    await writeJsonAtomic(join(folder, 'baseline.json'), file)
  }
}

import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { BenchError } from '../../domain/error.ts'
import { lockSchema, type BaselineFile, type Lock, type RunFile } from '../../domain/run-spec.ts'
import { writeFileAtomic, writeJsonAtomic } from '../../lib/atomic-file.ts'
import { renderDifferences } from '../../lib/differences.ts'
import { sha256 } from '../../lib/hash.ts'
import { tryLease } from '../../lib/lease.ts'
import { readBaselineMetrics } from '../baseline.ts'
import { readJournal } from '../journal.ts'
import { runLayout } from '../layout.ts'
import { hashSpec, type Plan } from './plan.ts'
import type { WorkItem } from '../schedule.ts'

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
  using _lease = await waitForLease(path)
  const now = (options.now ?? (() => new Date()))().toISOString()
  const known = await readLock(path)
  const lock: Lock = known ?? {
    schemaVersion: 1,
    experiment: plan.name,
    createdAt: now,
    runs: [],
    baselines: [],
  }
  const runs = [...lock.runs]
  const refusals: string[] = []
  for (const { id, repeat, spec, specHash } of plan.runs) {
    const at = runs.findIndex((run) => run.id === id)
    const old = runs[at]
    const same = old !== undefined && hashSpec(old.spec) === specHash
    if (same && isDeepStrictEqual(old.spec, spec)) continue
    const entry = { id, repeat, specHash, spec, harnessVersion: options.harnessVersion, addedAt: now }
    if (old === undefined) runs.push(entry)
    else if (!(await isStarted(runPath(path, id)))) runs[at] = entry
    else if (!same) refusals.push(`${id}:\n${renderDifferences(old.spec, spec)}`)
  }
  if (refusals.length > 0)
    throw new BenchError(`the spec of runs that have been started would change:\n${refusals.join('\n')}`, {
      code: 'lock/spec_changed',
      kind: 'usage',
      remedy:
        'Undo the change, or give the experiment (or the agent) a new name. Finished runs stay as they are.',
    })
  const baselines = [...lock.baselines]
  for (const { id, spec, specHash } of plan.baselines) {
    const at = baselines.findIndex((baseline) => baseline.id === id)
    const entry = { id, spec, specHash, addedAt: now }
    if (at === -1) baselines.push(entry)
    else if (
      !isDeepStrictEqual(baselines[at]?.spec, spec) &&
      (await readBaselineMetrics(baselinePath(path, id))) === null
    )
      baselines[at] = entry
  }

  await mkdir(path, { recursive: true })
  const next: Lock = { ...lock, runs, baselines }
  await writeJsonAtomic(join(path, 'experiment.lock.json'), next)
  await writeFileAtomic(join(path, 'experiment.yaml'), options.source)
  await writeFolders(path, next, plan, options.harnessVersion)
  return {
    path,
    lock: next,
    runs: plan.runs.map(({ id }) => ({ kind: 'run', id, path: runPath(path, id) })),
    baselines: plan.baselines.map(({ id }) => ({ kind: 'baseline', id, path: baselinePath(path, id) })),
  }
}

/** Two that lock the same experiment at once must not lose each other's entries. */
async function waitForLease(path: string): Promise<Disposable> {
  for (;;) {
    const lease = tryLease(`lock-${sha256(resolve(path)).slice(0, 16)}`)
    if (lease !== null) return lease
    await new Promise((done) => setTimeout(done, 50))
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
async function writeFolders(path: string, lock: Lock, plan: Plan, harnessVersion: string): Promise<void> {
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
    if (!plan.baselines.some(({ id }) => id === baseline.id)) continue
    if ((await readBaselineMetrics(folder)) !== null) continue
    await mkdir(folder, { recursive: true })
    const file: BaselineFile = {
      schemaVersion: 1,
      id: baseline.id,
      experiment: lock.experiment,
      spec: baseline.spec,
      specHash: baseline.specHash,
      harnessVersion,
    }
    await writeJsonAtomic(join(folder, 'baseline.json'), file)
  }
}

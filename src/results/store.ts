import { join } from 'node:path'
import * as z from 'zod'
import {
  evaluationMetricsSchema,
  itemMeans,
  sampleSchema,
  type EvaluationMetrics,
} from '../domain/evaluation.ts'
import { findingsFileSchema, type FindingsFile } from '../domain/finding.ts'
import {
  foldJournal,
  journalLineSchema,
  type AttemptState,
  type JournalLine,
  type RunState,
} from '../domain/journal.ts'
import { resultSchema, type RunResult } from '../domain/result.ts'
import {
  baselineFileSchema,
  lockSchema,
  runFileSchema,
  type BaselineSpec,
  type Lock,
  type RunSpec,
} from '../domain/run-spec.ts'
import { verdictSchema, type Verdict } from '../domain/verdict.ts'
import { hashJson } from '../lib/hash.ts'
import { mapConcurrently } from '../lib/map-concurrently.ts'
import { runLayout } from '../run/layout.ts'
import { createFileReader, type FileReader, type Problem } from './file-reader.ts'
import { createItemSheets, type ItemSheets, type ItemValues, type PackedValues } from './item-values.ts'
import { foldPhaseSpans, type PhaseSpan } from './phase-spans.ts'
import { openReadCache, type ReadCache } from './read-cache.ts'

export type { ItemValues } from './item-values.ts'

export interface ExperimentData {
  readonly path: string
  readonly name: string
  readonly runs: readonly RunData[]
  readonly baselines: readonly BaselineData[]
  readonly problems: readonly Problem[]
}

export interface RunData {
  readonly id: string
  readonly path: string
  readonly experiment: string
  readonly repeat: number
  readonly spec: RunSpec
  readonly harnessVersion: string
  /** `null` while the run has not come to its end, or when the file cannot be read. */
  readonly result: RunResult | null
  readonly state: RunProgress
  readonly phases: readonly PhaseSpan[]
  readonly findings: FindingsFile | null
  /** In the order they were made; the last one stands. */
  readonly verdicts: readonly NumberedVerdict[]
  /** Score of every test item by id, of the evaluation that the result rests on; `null` when it is not there. */
  readonly items: ItemValues | null
}

/** What the journal says, without the receipts: those can be large, and their content is in files of their own. */
export interface RunProgress extends Omit<RunState, 'attempts'> {
  readonly attempts: readonly Omit<AttemptState, 'intents' | 'receipts' | 'endedAt'>[]
}

interface NumberedVerdict {
  readonly number: number
  readonly verdict: Verdict
}

export interface BaselineData {
  readonly id: string
  readonly spec: BaselineSpec
  readonly harnessVersion: string
  readonly metrics: EvaluationMetrics | null
  readonly items: ItemValues | null
}

/**
 * Reads an experiment's folder into plain data. What cannot be read becomes a problem with the file's name: nothing
 * throws because of one broken run, and nothing goes missing without a word.
 */
export async function readExperiment(
  path: string,
  options: { readonly now?: () => number } = {},
): Promise<ExperimentData> {
  const files = createFileReader({ root: path, folder: path })
  const lock = await files.json(join(path, 'experiment.lock.json'), lockSchema, { required: true })
  const cache = await openReadCache(path, fingerprint(), options.now)
  const reading: Reading = { path, lock, cache, sheets: createItemSheets(cache.sheets) }
  const lockedRuns = new Map(lock?.runs.map((run) => [run.id, run]))
  const runIds = new Set([...lockedRuns.keys(), ...(await files.folders(join(path, 'runs')))])
  const runs = await readAll([...runIds].sort(), (id) => readRunOnce(reading, id, lockedRuns.get(id)))
  const lockedBaselines = new Map(lock?.baselines.map((baseline) => [baseline.id, baseline]))
  const baselineIds = new Set([...lockedBaselines.keys(), ...(await files.folders(join(path, 'baselines')))])
  const baselines = await readAll([...baselineIds].sort(), (id) =>
    readBaseline(reading, id, lockedBaselines.get(id)),
  )
  await cache.save(reading.sheets.ids)
  const found = runs.flatMap(({ data }) => data ?? [])
  const problems = [files, ...runs, ...baselines].flatMap((read) => read.problems)
  return {
    path,
    name: lock?.experiment ?? found[0]?.experiment ?? path,
    runs: found,
    baselines: baselines.flatMap(({ data }) => data ?? []),
    problems: problems.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
  }
}

/** What the readers of single runs and baselines share. */
interface Reading {
  readonly path: string
  readonly lock: Lock | null
  readonly cache: ReadCache
  readonly sheets: ItemSheets
}

interface Read<T> {
  readonly data: T | null
  readonly problems: readonly Problem[]
}

type LockedRun = Lock['runs'][number]

/** The part of a finished run that its files say, and not the lock. */
type CachedRun = Pick<RunData, 'result' | 'state' | 'phases' | 'findings' | 'verdicts'> & {
  readonly items: PackedValues | null
}

/** Cached values have the form that these schemas gave them. */
function fingerprint(): string {
  const schemas = [runFileSchema, resultSchema, findingsFileSchema, verdictSchema, journalLineSchema]
  return hashJson(schemas.map((schema) => z.toJSONSchema(schema)))
}

/** Finished runs without problems are read once; from then on it is only looked whether any of their files has changed. */
async function readRunOnce(
  reading: Reading,
  id: string,
  locked: LockedRun | undefined,
): Promise<Read<RunData>> {
  const { path: root, lock, cache, sheets } = reading
  const path = join(root, 'runs', id)
  const key = JSON.stringify([id, locked?.specHash])
  // only what is added below is found
  const known = (await cache.find(key, path)) as CachedRun | undefined
  if (known !== undefined && locked !== undefined && lock !== null) {
    const { repeat, spec, harnessVersion } = locked
    const items = known.items === null ? null : sheets.unpack(known.items)
    const data = { id, path, experiment: lock.experiment, repeat, spec, harnessVersion, ...known, items }
    return { data, problems: [] }
  }
  const files = createFileReader({ root, folder: path })
  const data = await readRun(files, reading, id, locked)
  const { problems, sources } = files
  if (data?.result != null && locked !== undefined && problems.length === 0) {
    const { result, state, phases, findings, verdicts, items } = data
    const packed = items === null ? null : sheets.pack(items)
    cache.add(key, sources, { result, state, phases, findings, verdicts, items: packed } satisfies CachedRun)
  }
  return { data, problems }
}

async function readRun(
  files: FileReader,
  { path: root, lock, sheets }: Reading,
  id: string,
  locked: LockedRun | undefined,
): Promise<RunData | null> {
  const path = join(root, 'runs', id)
  const layout = runLayout(path)
  const file = await files.json(layout.runFile, runFileSchema, { required: locked === undefined })
  if (lock !== null && locked === undefined) files.report(path, 'the run is not in experiment.lock.json')
  if (file !== null && locked !== undefined && file.specHash !== locked.specHash)
    files.report(layout.runFile, 'says something else than experiment.lock.json, which counts')
  const declared = locked ?? file
  if (declared === null) return null
  const lines = await readJournalLines(files, layout.journal)
  const result = await files.json(layout.result, resultSchema)
  const state = foldJournal(lines)
  if (state.outcome !== null && result === null)
    files.report(layout.result, 'the run is over but its result is missing')
  return {
    id,
    path,
    experiment: lock?.experiment ?? file?.experiment ?? root,
    repeat: declared.repeat,
    spec: declared.spec,
    harnessVersion: declared.harnessVersion,
    result,
    state: withoutReceipts(state),
    phases: foldPhaseSpans(lines),
    findings: await files.json(layout.findings, findingsFileSchema),
    verdicts: await readVerdicts(files, layout.verdicts),
    items: result === null ? null : await readCountedItems(files, sheets, layout.evaluations, result),
  }
}

function withoutReceipts(state: RunState): RunProgress {
  const attempts = state.attempts.map(({ number, why, startedAt, phase, ended }) => ({
    number,
    why,
    startedAt,
    phase,
    ended,
  }))
  return { ...state, attempts }
}

async function readJournalLines(files: FileReader, path: string): Promise<JournalLine[]> {
  const lines = await files.lines(path)
  return lines.flatMap(({ value, line }) => {
    const parsed = journalLineSchema.safeParse(value)
    if (parsed.success) return [parsed.data]
    files.report(path, `line ${line}: not a journal line`)
    return []
  })
}

async function readVerdicts(files: FileReader, folder: string): Promise<NumberedVerdict[]> {
  const names = (await files.names(folder)).filter((name) => /^\d+\.json$/u.test(name))
  const verdicts = await readAll(names, async (name) => {
    const verdict = await files.json(join(folder, name), verdictSchema)
    return verdict === null ? [] : [{ number: Number.parseInt(name, 10), verdict }]
  })
  return verdicts.flat().sort((a, b) => a.number - b.number)
}

/** Among several evaluations of a run, the latest that has the result's model, protocol and score. */
async function readCountedItems(
  files: FileReader,
  sheets: ItemSheets,
  folder: string,
  result: RunResult,
): Promise<ItemValues | null> {
  const score = result.ownScore
  if (score === null) return null
  const evaluations = await readAll(await files.folders(folder), async (name) => ({
    path: join(folder, name),
    metrics: await files.json(join(folder, name, 'metrics.json'), evaluationMetricsSchema),
  }))
  const counted = evaluations
    .filter(
      ({ metrics }) =>
        metrics?.protocolHash === result.protocolHash &&
        metrics.modelHash === result.modelHash &&
        metrics.test.items === score.items &&
        metrics.test.accuracy === score.accuracy,
    )
    .sort((a, b) => ((a.metrics?.startedAt ?? '') < (b.metrics?.startedAt ?? '') ? 1 : -1))[0]
  if (counted === undefined) {
    files.report(
      folder,
      "no evaluation has the result's model, protocol and score: its interval is approximate",
    )
    return null
  }
  return await readItemValues(files, sheets, join(counted.path, 'samples.jsonl'), score)
}

const itemValueSchema = sampleSchema.pick({ set: true, id: true, value: true })

async function readItemValues(
  files: FileReader,
  sheets: ItemSheets,
  path: string,
  score: { readonly items: number; readonly accuracy: number },
): Promise<ItemValues | null> {
  if (score.items === 0) return null // measured by a program that keeps no samples
  const lines = await files.lines(path)
  const samples = lines.flatMap(({ value }) => {
    const sample = itemValueSchema.safeParse(value).data
    return sample?.set === 'test' ? [sample] : []
  })
  const values = itemMeans(samples)
  const sum = [...values.values()].reduce((total, value) => total + value, 0)
  if (values.size === score.items && Math.abs(sum - score.accuracy * score.items) < 1e-6 * score.items)
    return sheets.values(values)
  files.report(
    path,
    `the samples do not add up to the score (${values.size} of ${score.items} items): left out`,
  )
  return null
}

async function readBaseline(
  { path: root, sheets }: Reading,
  id: string,
  locked: Lock['baselines'][number] | undefined,
): Promise<Read<BaselineData>> {
  const path = join(root, 'baselines', id)
  const files = createFileReader({ root, folder: path })
  const file = await files.json(join(path, 'baseline.json'), baselineFileSchema, {
    required: locked === undefined,
  })
  const spec = locked?.spec ?? file?.spec
  if (spec === undefined) return { data: null, problems: files.problems }
  const evaluation = join(path, 'evaluation')
  const metrics = await files.json(join(evaluation, 'metrics.json'), evaluationMetricsSchema)
  const items =
    metrics === null
      ? null
      : await readItemValues(files, sheets, join(evaluation, 'samples.jsonl'), metrics.test)
  return {
    data: { id, spec, harnessVersion: file?.harnessVersion ?? '', metrics, items },
    problems: files.problems,
  }
}

/** Sample files are large, and only their scores are kept: not many are read at once. */
const concurrency = 8

async function readAll<T, R>(list: readonly T[], read: (element: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  await mapConcurrently([...list.entries()], concurrency, async ([index, element]) => {
    results[index] = await read(element)
  })
  return results
}

import { join } from 'node:path'
import { evaluationMetricsSchema, sampleSchema, type EvaluationMetrics } from '../domain/evaluation.ts'
import { findingsFileSchema, type FindingsFile } from '../domain/finding.ts'
import { foldJournal, journalLineSchema, type JournalLine, type RunState } from '../domain/journal.ts'
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
import { runLayout } from '../run/layout.ts'
import { createFileReader, type FileReader, type Problem } from './file-reader.ts'
import { foldPhaseSpans, type PhaseSpan } from './phase-spans.ts'

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
  readonly state: RunState
  readonly phases: readonly PhaseSpan[]
  readonly findings: FindingsFile | null
  /** In the order they were made; the last one stands. */
  readonly verdicts: readonly NumberedVerdict[]
  /** Score of every test item by id, of the evaluation that the result rests on; `null` when it is not there. */
  readonly items: ItemValues | null
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

export type ItemValues = ReadonlyMap<string, number>

/**
 * Reads an experiment's folder into plain data. What cannot be read becomes a problem with the file's name: nothing
 * throws because of one broken run, and nothing goes missing without a word.
 */
export async function readExperiment(path: string): Promise<ExperimentData> {
  const files = createFileReader(path)
  const lock = await files.json(join(path, 'experiment.lock.json'), lockSchema, { required: true })
  const runFolders = await files.folders(join(path, 'runs'))
  const ids = [...new Set([...(lock?.runs.map(({ id }) => id) ?? []), ...runFolders])].sort()
  const runs = await inTurn(ids, (id) => readRun(files, path, id, lock))
  const baselineFolders = await files.folders(join(path, 'baselines'))
  const baselineIds = [
    ...new Set([...(lock?.baselines.map(({ id }) => id) ?? []), ...baselineFolders]),
  ].sort()
  const baselines = await inTurn(baselineIds, (id) => readBaseline(files, path, id, lock))
  const found = runs.filter((run) => run !== null)
  return {
    path,
    name: lock?.experiment ?? found[0]?.experiment ?? path,
    runs: found,
    baselines: baselines.filter((baseline) => baseline !== null),
    problems: files.problems.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
  }
}

async function readRun(
  files: FileReader,
  root: string,
  id: string,
  lock: Lock | null,
): Promise<RunData | null> {
  const path = join(root, 'runs', id)
  const layout = runLayout(path)
  const locked = lock?.runs.find((run) => run.id === id)
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
    state,
    phases: foldPhaseSpans(lines),
    findings: await files.json(layout.findings, findingsFileSchema),
    verdicts: await readVerdicts(files, layout.verdicts),
    items: result === null ? null : await readCountedItems(files, layout.evaluations, result),
  }
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
  const verdicts = await inTurn(names, async (name) => {
    const verdict = await files.json(join(folder, name), verdictSchema)
    return verdict === null ? [] : [{ number: Number.parseInt(name, 10), verdict }]
  })
  return verdicts.flat().sort((a, b) => a.number - b.number)
}

/** Among several evaluations of a run, the latest that has the result's model, protocol and score. */
async function readCountedItems(
  files: FileReader,
  folder: string,
  result: RunResult,
): Promise<ItemValues | null> {
  const score = result.ownScore
  if (score === null) return null
  const evaluations = await inTurn(await files.folders(folder), async (name) => ({
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
  return await readItemValues(files, join(counted.path, 'samples.jsonl'), score)
}

const itemValueSchema = sampleSchema.pick({ set: true, id: true, value: true })

async function readItemValues(
  files: FileReader,
  path: string,
  score: { readonly items: number; readonly accuracy: number },
): Promise<ItemValues | null> {
  const lines = await files.lines(path)
  const values = new Map<string, number>()
  for (const { value } of lines) {
    const sample = itemValueSchema.safeParse(value)
    if (sample.success && sample.data.set === 'test') values.set(sample.data.id, sample.data.value)
  }
  const sum = [...values.values()].reduce((total, value) => total + value, 0)
  if (values.size === score.items && Math.abs(sum - score.accuracy * score.items) < 1e-6 * score.items)
    return values
  files.report(
    path,
    `the samples do not add up to the score (${values.size} of ${score.items} items): left out`,
  )
  return null
}

async function readBaseline(
  files: FileReader,
  root: string,
  id: string,
  lock: Lock | null,
): Promise<BaselineData | null> {
  const path = join(root, 'baselines', id)
  const locked = lock?.baselines.find((baseline) => baseline.id === id)
  const file = await files.json(join(path, 'baseline.json'), baselineFileSchema, {
    required: locked === undefined,
  })
  const spec = locked?.spec ?? file?.spec
  if (spec === undefined) return null
  const metrics = await files.json(join(path, 'evaluation', 'metrics.json'), evaluationMetricsSchema)
  return {
    id,
    spec,
    harnessVersion: file?.harnessVersion ?? '',
    metrics,
    items:
      metrics === null
        ? null
        : await readItemValues(files, join(path, 'evaluation', 'samples.jsonl'), metrics.test),
  }
}

/** One after the other: sample files are large, and only their scores are kept. */
async function inTurn<T, R>(list: readonly T[], read: (element: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const element of list) results.push(await read(element))
  return results
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../../domain/error.ts'
import type { EvaluationMetrics } from '../../domain/evaluation.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type { RunSpec } from '../../domain/run-spec.ts'
import { writeJsonAtomic } from '../../lib/atomic-file.ts'
import { assertGpu } from '../evaluation/engine-process.ts'
import { applyConditions, countAttempts, putAside, readAborted } from '../evaluation/ladder.ts'
import { findLocalEngine } from '../harness.ts'
import { programWorkPath } from '../layout.ts'
import { measure, type Measured, type MeasureFailure, type MeasureOptions } from './measure.ts'
import type { ProgramMetrics } from './read-metrics.ts'
import { changed, readTaskFolder } from './task-folder.ts'

export interface ProgramEvaluation extends Pick<
  MeasureOptions,
  'harness' | 'sandbox' | 'flags' | 'user' | 'limits' | 'program' | 'modelPath' | 'signal'
> {
  /** Folder of the evaluation. */
  readonly path: string
  readonly modelHash: string
  readonly baseModelPath: string
  readonly benchmark: RunSpec['benchmark']
  readonly protocol: Protocol
  readonly protocolHash: string
  readonly engine: string
  readonly fewShot: number
  readonly endpoint?: unknown
  readonly overrides?: EvaluationMetrics['overrides']
  /** Called right before anything is written; what it throws prevents that and ends the evaluation. */
  readonly fence?: () => void
}

/** What a program of the base model is asked for, to see whether it works at all. */
const controlLimit = 16

/**
 * Has a program of the published format measure a checkpoint, as often as the protocol's ladder says. When it never gives a
 * score, the base model tells whose fault that is. Killed in the middle it begins anew: there are no samples to go on with.
 */
export async function evaluateByProgram(
  options: ProgramEvaluation,
): Promise<EvaluationMetrics | { readonly refused: MeasureFailure }> {
  assertPossible(options)
  const { path, protocol, benchmark, overrides, fence } = options
  const tries = countAttempts(protocol)
  const startedAt = new Date()
  for (let worksForBase = false; ;) {
    const aborted = await readAborted(path)
    const attempt = aborted.length + 1
    const conditions = { ...options, attempt: Math.min(attempt, tries) }
    const maxTokens = (await applyConditions(protocol, conditions, benchmark.id)).maxTokens[benchmark.id]
    const { metrics, failure } = await tryOnce(options, { maxTokens, limit: overrides?.limit })
    if (metrics !== null) {
      const file: EvaluationMetrics = {
        ...describe(options, metrics),
        ...(options.program.maxTokensOption === undefined || maxTokens === undefined ? {} : { maxTokens }),
        ...(aborted.length === 0 ? {} : { attempt, aborted }),
        startedAt: startedAt.toISOString(),
        durationMs: Date.now() - startedAt.getTime(),
      }
      await writeJsonAtomic(join(path, 'metrics.json'), file, fence === undefined ? {} : { fence })
      return file
    }
    if (worksForBase)
      return { refused: { ...failure, detail: `${failure.detail}; the base model was given a score` } }
    fence?.()
    await putAside(path, { attempt, reason: failure.detail })
    if (attempt < tries) continue
    await assertMeasuresBase(options)
    worksForBase = true
  }
}

function describe(
  options: ProgramEvaluation,
  { accuracy, stderr, details }: ProgramMetrics,
): Omit<EvaluationMetrics, 'startedAt' | 'durationMs'> {
  const { protocol, benchmark, overrides } = options
  return {
    schemaVersion: 1,
    protocol: protocol.id,
    protocolHash: options.protocolHash,
    benchmark: benchmark.id,
    modelHash: options.modelHash,
    engine: options.engine,
    sandbox: options.sandbox.id,
    seeds: protocol.sampling.seeds.slice(0, 1),
    fewShot: 0,
    test: { items: 0, accuracy, stderr: stderr ?? 0, errors: 0, truncated: 0, details: { ...details } },
    passes: [accuracy],
    shadow: null,
    probe: null,
    program: { hash: benchmark.itemsHash, stderr: stderr === null ? 'unknown' : 'told' },
    ...(overrides === undefined ? {} : { overrides }),
  }
}

/** The folder is read anew for each try: hours lie between them. */
async function tryOnce(
  options: ProgramEvaluation,
  asked: Pick<MeasureOptions, 'limit' | 'maxTokens'>,
): Promise<Measured> {
  const { path, program, benchmark, fence } = options
  const folder = await readTaskFolder(program.path)
  if (folder.hash !== benchmark.itemsHash) throw changed(program.path)
  fence?.()
  const measured = await measure({ ...options, ...asked, folder, workPath: programWorkPath(path) })
  fence?.()
  await writeFile(join(path, 'engine.log'), measured.log)
  return measured
}

/** A program that gives no score to the base model either is not the submission's fault. */
async function assertMeasuresBase(options: ProgramEvaluation): Promise<void> {
  const { metrics, failure } = await tryOnce(
    { ...options, modelPath: options.baseModelPath },
    { limit: controlLimit },
  )
  if (metrics !== null) return
  throw new BenchError(`evaluate.py gives no score to the base model either: ${failure.detail}`, {
    code: 'evaluation/program_broken',
    kind: 'environment',
    remedy: 'Run `ptb check` on the task; what it printed is in engine.log of the evaluation.',
  })
}

function assertPossible(options: ProgramEvaluation): void {
  const { endpoint, fewShot, benchmark } = options
  const what = endpoint !== undefined ? 'an endpoint' : fewShot > 0 ? 'few-shot examples' : null
  if (what === null) return assertGpu(findLocalEngine(options.harness, options.engine), options)
  throw new BenchError(
    `the benchmark "${benchmark.id}" is measured by its own program, which takes no such thing: ${what}`,
    {
      code: 'evaluate/own_program',
      kind: 'usage',
      remedy: 'Evaluate a checkpoint without that.',
    },
  )
}

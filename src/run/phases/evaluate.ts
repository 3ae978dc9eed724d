import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchmarkItems } from '../../domain/benchmark.ts'
import { evaluationMetricsSchema, type EvaluationMetrics, type ItemSet } from '../../domain/evaluation.ts'
import type { Sandbox, SandboxFlags, SandboxUser, Limits } from '../../domain/sandbox.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type { RunSpec } from '../../domain/run-spec.ts'
import { BenchError } from '../../domain/error.ts'
import { writeJsonAtomic } from '../../lib/atomic-file.ts'
import { CompletionRefused, CompletionUnavailable, requestCompletion } from '../../lib/chat-completions.ts'
import { NothingAnswered, readMetrics, runEvaluation } from '../evaluation/evaluation.ts'
import { evaluationRequest } from '../evaluation/questions.ts'
import { EngineFailed, startEngine, type EngineProcess } from '../evaluation/engine-process.ts'
import { connectEngine, type RemoteEngineOptions } from '../evaluation/remote-engine.ts'
import { EvaluationAborted } from '../evaluation/ask.ts'
import { applyConditions, countAttempts, putAside, readAborted } from '../evaluation/ladder.ts'
import { createScoringTools, openJudge } from '../evaluation/scoring-tools.ts'
import { Stalled, watchForStall } from '../evaluation/stall-watch.ts'
import { writeForcedTemplate } from '../evaluation/template.ts'
import { evaluationTemplatePath, judgeRecordPath } from '../layout.ts'
import { mapConcurrently } from '../../lib/map-concurrently.ts'
import { coresOf, findLeaf, findLocalEngine, findRemoteEngine, type Harness } from '../harness.ts'
import { readItems } from '../items.ts'
import { createPrograms } from '../programs/create-programs.ts'
import { evaluateByProgram } from '../published/evaluate-program.ts'

/** An engine that dies in the middle is started again and goes on with the samples that are missing. */
const engineStarts = 3

export interface CheckpointEvaluation {
  readonly harness: Harness
  /** Folder of the evaluation. */
  readonly path: string
  readonly modelPath: string
  readonly modelHash: string
  /** Whose family, chat template and loading the protocol measures against. */
  readonly baseModelPath: string
  readonly benchmark: RunSpec['benchmark']
  readonly protocol: Protocol
  readonly protocolHash: string
  readonly engine: string
  readonly sandbox: Sandbox
  readonly flags: SandboxFlags
  readonly user: SandboxUser | null
  readonly limits: Limits
  readonly fewShot: number
  readonly sets: readonly ItemSet[]
  readonly signal: AbortSignal
  /** What the operator changed: the score is then not one under the protocol. */
  readonly overrides?: EvaluationMetrics['overrides']
  /** Of a remote engine: what stands in the place of `modelPath`. There is no base model to compare it with. */
  readonly endpoint?: Pick<RemoteEngineOptions, 'endpoint' | 'model'>
  readonly onSample?: (done: number, total: number) => void
  /** Called right before anything is written; what it throws prevents that and ends the evaluation. */
  readonly fence?: () => void
}

/** The checkpoint is at fault: the same engine serves the base model, but not this. */
export interface DoesNotLoad {
  readonly refused: { readonly reason: string; readonly detail: string }
}

/** Serves a checkpoint in a fresh sandbox and scores it from outside. Finished evaluations are only read. */
export async function evaluateCheckpoint(
  options: CheckpointEvaluation,
): Promise<EvaluationMetrics | DoesNotLoad> {
  const finished = await readMetrics(options.path)
  if (finished !== null) return finished
  await mkdir(options.path, { recursive: true })
  const questions = await readItems(options.harness, options.benchmark, withExamples(options))
  const { program } = questions.benchmark
  if (program !== undefined) return await evaluateByProgram({ ...options, program })
  const attempts = countAttempts(options.protocol)
  for (;;) {
    const aborted = await readAborted(options.path)
    const attempt = aborted.length + 1
    if (attempt > attempts)
      return { refused: { reason: 'no_model/evaluation_aborted', detail: aborted.at(-1) ?? '' } }
    const protocol = await applyConditions(options.protocol, { ...options, attempt }, questions.benchmark.id)
    try {
      return await evaluateOnce({ ...options, protocol }, questions, { attempt, aborted })
    } catch (error) {
      if (!(error instanceof EvaluationAborted)) throw error
      if (error.isRefusal && options.endpoint === undefined)
        await assertServesBase({ ...options, protocol }, questions)
      options.fence?.()
      await putAside(options.path, { attempt, reason: error.message })
    }
  }
}

/** Examples come from the training items, also where agents are given none of them. */
function withExamples({ protocol, fewShot }: CheckpointEvaluation): Protocol {
  const { train } = protocol.items
  if (train === 'all' || train >= fewShot) return protocol
  return { ...protocol, items: { ...protocol.items, train: fewShot } }
}

/** One attempt, with as many starts of the engine as it takes. */
async function evaluateOnce(
  options: CheckpointEvaluation,
  questions: Questions,
  history: History,
): Promise<EvaluationMetrics | DoesNotLoad> {
  let engineWorks = false
  for (let start = 1; ; start++) {
    options.signal.throwIfAborted()
    options.fence?.()
    const end = await tryEvaluation(options, questions, history)
    if (!('fault' in end)) return end
    const { reason, detail, goesOn } = end.fault
    // Before and after the engine served the base model: then it was no passing trouble of the engine's.
    if (engineWorks)
      return { refused: { reason, detail: `the engine serves the base model but not this one: ${detail}` } }
    if (goesOn && start < engineStarts) continue
    if (options.endpoint !== undefined) throw endpointFailed(detail)
    await assertServesBase(options, questions)
    engineWorks = true
  }
}

function endpointFailed(detail: string): BenchError {
  return new BenchError(`the endpoint did not answer all questions: ${detail}`, {
    code: 'endpoint/failed',
    kind: 'environment',
    remedy: 'Run the same command again when it works: the answers so far are kept.',
  })
}

/** Why the engine did not bring the evaluation to its end; whose fault that is remains to be seen. */
interface Fault {
  readonly reason: `no_model/${string}`
  readonly detail: string
  /** There may be more answers to be had from another start. */
  readonly goesOn: boolean
}

type Questions = Awaited<ReturnType<typeof readItems>>
/** Of the attempts so far, as far as the score tells it. */
interface History {
  readonly attempt: number
  readonly aborted: string[]
}

async function tryEvaluation(
  options: CheckpointEvaluation,
  { benchmark, items }: Questions,
  history: History,
): Promise<EvaluationMetrics | { readonly fault: Fault }> {
  const { harness, protocol, signal } = options
  const { concurrency, stallTimeoutMs } = findLeaf('engine', harness.engines, options.engine)
  await using programs = createPrograms({
    sandbox: options.sandbox,
    flags: options.flags,
    user: options.user,
    python: benchmark.needs?.includes('programs') ? (await harness.python()).python : '',
    cores: coresOf(options.limits),
    owner: options.path,
    signal,
    async onReady(record) {
      options.fence?.()
      await writeJsonAtomic(join(options.path, 'programs.json'), record)
    },
  })
  using opened = await openJudge({
    benchmark,
    protocol,
    access: await harness.judge(),
    log: judgeRecordPath(options.path),
    signal,
  })
  let engine: EngineProcess | null = null
  try {
    const template = options.endpoint === undefined ? await forceTemplate(options, items) : null
    engine = await serve(options, options.modelPath, template)
    return await runEvaluation({
      path: options.path,
      benchmark,
      protocol,
      items: firstItems(items, options.overrides?.limit),
      sets: options.sets,
      fewShot: options.fewShot,
      subject: {
        modelHash: options.modelHash,
        engine: options.engine,
        sandbox: options.sandbox.id,
        protocolHash: options.protocolHash,
      },
      tools: createScoringTools({
        rules: protocol.scoring,
        signal,
        programs,
        ...(opened === null ? {} : { judge: opened.judge }),
      }),
      circumstances: async () => ({
        ...(history.aborted.length === 0 ? {} : history),
        ...(options.overrides === undefined ? {} : { overrides: options.overrides }),
        ...(opened === null ? {} : { judge: await opened.use() }),
      }),
      client: engine.client,
      modelName: engine.modelName,
      concurrency,
      stallTimeoutMs,
      signal: AbortSignal.any([signal, engine.gone]),
      ...(options.onSample === undefined ? {} : { onSample: options.onSample }),
      ...(options.fence === undefined ? {} : { fence: options.fence }),
    })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof EngineFailed) await writeLog(options, error.log)
    const fault = faultOf(error, engine)
    if (fault === null) throw error
    return { fault }
  } finally {
    await engine?.[Symbol.asyncDispose]()
    if (engine !== null) await writeLog(options, engine.log())
  }
}

function firstItems(items: BenchmarkItems, limit = Infinity): BenchmarkItems {
  return { ...items, test: items.test.slice(0, limit), shadow: items.shadow.slice(0, limit) }
}

/** Null for what is no fault of an engine. */
function faultOf(error: unknown, engine: EngineProcess | null): Fault | null {
  if (engine === null && error instanceof EngineFailed)
    return { reason: 'no_model/does_not_load', detail: lastLine(error.log) || error.message, goesOn: false }
  if (error instanceof NothingAnswered)
    return {
      reason: 'no_model/answers_nothing',
      detail: `every request was refused, the first with: ${error.message}`,
      goesOn: false,
    }
  const reason = 'no_model/stops_answering'
  const gone = engine?.gone
  if (gone?.aborted) return { reason, detail: gone.reason.message, goesOn: true }
  if (error instanceof CompletionUnavailable) return { reason, detail: error.message, goesOn: true }
  return error instanceof Stalled ? { reason, detail: error.message, goesOn: false } : null
}

export function parseEvaluationReceipt(data: unknown): EvaluationMetrics | DoesNotLoad {
  const parsed = evaluationMetricsSchema.safeParse(data)
  if (parsed.success) return parsed.data
  if (typeof data === 'object' && data !== null && 'refused' in data) return data as DoesNotLoad // written by us below
  throw new Error('not an evaluation receipt')
}

function forceTemplate(
  { protocol, baseModelPath, path, fence }: CheckpointEvaluation,
  items: Questions['items'],
): Promise<string | null> {
  return writeForcedTemplate({
    protocol,
    baseModel: { path: baseModelPath },
    items,
    file: evaluationTemplatePath(path),
    ...(fence === undefined ? {} : { fence }),
  })
}

async function serve(
  options: CheckpointEvaluation,
  modelPath: string,
  chatTemplatePath: string | null,
): Promise<EngineProcess> {
  const { harness, sandbox, flags, user, limits, endpoint, signal } = options
  if (endpoint !== undefined)
    return await connectEngine({ engine: findRemoteEngine(harness, options.engine), ...endpoint, signal })
  const { python } = await harness.python()
  return await startEngine({
    harness,
    engine: findLocalEngine(harness, options.engine),
    sandbox,
    flags,
    user,
    limits,
    python,
    modelPath,
    ...(chatTemplatePath === null ? {} : { chatTemplatePath }),
    owner: options.path,
  })
}

/** The two things that an evaluation can have come to; both are null where nothing was evaluated. */
export function splitEvaluation(evaluation: EvaluationMetrics | DoesNotLoad | null): {
  readonly metrics: EvaluationMetrics | null
  readonly loadFailure: DoesNotLoad['refused'] | null
} {
  if (evaluation === null) return { metrics: null, loadFailure: null }
  return 'refused' in evaluation
    ? { metrics: null, loadFailure: evaluation.refused }
    : { metrics: evaluation, loadFailure: null }
}

async function writeLog({ path, fence }: CheckpointEvaluation, log: string): Promise<void> {
  fence?.()
  await writeFile(join(path, 'engine.log'), log)
}

/** An engine that fails at the second question does so here as well. */
const controlQuestions = 16

/** For protocols under which a model brings its own: a base model need not have one. */
const plainTemplate = fileURLToPath(new URL('../evaluation/plain-template.jinja', import.meta.url))

/** What an engine does not do for the base model either is no fault of the checkpoint's. */
async function assertServesBase(
  options: CheckpointEvaluation,
  { benchmark, items }: Questions,
): Promise<void> {
  const { harness, protocol, signal } = options
  let engine: EngineProcess | null = null
  try {
    const template = (await forceTemplate(options, items)) ?? plainTemplate
    engine = await serve(options, options.baseModelPath, template)
    const { client, modelName, gone } = engine
    const { concurrency, stallTimeoutMs } = findLeaf('engine', harness.engines, options.engine)
    using stall = watchForStall(stallTimeoutMs)
    const within = AbortSignal.any([signal, stall.signal, gone])
    await mapConcurrently(items.test.slice(0, controlQuestions), concurrency, (item) => {
      const request = evaluationRequest(benchmark, protocol, item)
      return stall.watch(requestCompletion(client, request, { model: modelName, signal: within }))
    })
  } catch (error) {
    signal.throwIfAborted()
    const said = error instanceof CompletionRefused ? error.message : faultOf(error, engine)?.detail
    if (said === undefined) throw error
    await writeLog(options, error instanceof EngineFailed ? error.log : (engine?.log() ?? ''))
    throw new BenchError(`the engine does not even serve the base model: ${said}`, {
      code: 'engine/broken',
      kind: 'environment',
      remedy: 'Run `ptb doctor`; the full log is in engine.log of the evaluation.',
    })
  } finally {
    await engine?.[Symbol.asyncDispose]()
  }
}

function lastLine(log: string): string {
  return log.trimEnd().split('\n').at(-1)?.slice(0, 500) ?? ''
}

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { evaluationMetricsSchema, type EvaluationMetrics, type ItemSet } from '../../domain/evaluation.ts'
import type { Sandbox, SandboxFlags, SandboxUser, Limits } from '../../domain/sandbox.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type { RunSpec } from '../../domain/run-spec.ts'
import { BenchError } from '../../domain/error.ts'
import { CompletionUnavailable } from '../../lib/chat-completions.ts'
import { readMetrics, runEvaluation } from '../evaluation/evaluation.ts'
import { EngineFailed, startEngine, type EngineProcess } from '../evaluation/engine-process.ts'
import { createScoringTools } from '../evaluation/scoring-tools.ts'
import { findLeaf, type Harness } from '../harness.ts'
import { readItems } from '../items.ts'

/** An engine that dies in the middle is started again and goes on with the samples that are missing. */
const engineStarts = 3

export interface CheckpointEvaluation {
  readonly harness: Harness
  /** Folder of the evaluation. */
  readonly path: string
  readonly modelPath: string
  readonly modelHash: string
  /** Whose chat template and loading the protocol measures against. */
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
  const { protocol } = options
  const { benchmark, items } = await readItems(options.harness, options.benchmark, protocol)
  for (let start = 1; ; start++) {
    options.signal.throwIfAborted()
    let engine: EngineProcess
    try {
      engine = await serve(options, options.modelPath)
    } catch (error) {
      if (!(error instanceof EngineFailed)) throw error
      return await blame(options, error)
    }
    try {
      const evaluation = runEvaluation({
        path: options.path,
        benchmark,
        protocol,
        items,
        sets: options.sets,
        fewShot: options.fewShot,
        subject: {
          modelHash: options.modelHash,
          engine: options.engine,
          sandbox: options.sandbox.id,
          protocolHash: options.protocolHash,
        },
        tools: createScoringTools({ rules: options.protocol.scoring, signal: options.signal }),
        client: engine.client,
        modelName: engine.modelName,
        concurrency: findLeaf('engine', options.harness.engines, options.engine).concurrency,
        signal: options.signal,
      })
      return await evaluation
    } catch (error) {
      if (!(error instanceof CompletionUnavailable) || start === engineStarts) throw error
    } finally {
      await writeFile(join(options.path, 'engine.log'), engine.log())
      await engine[Symbol.asyncDispose]()
    }
  }
}

export function parseEvaluationReceipt(data: unknown): EvaluationMetrics | DoesNotLoad {
  const parsed = evaluationMetricsSchema.safeParse(data)
  if (parsed.success) return parsed.data
  if (typeof data === 'object' && data !== null && 'refused' in data) return data as DoesNotLoad // written by us below
  throw new Error('not an evaluation receipt')
}

function serve(options: CheckpointEvaluation, modelPath: string): Promise<EngineProcess> {
  return options.harness.python().then(({ python }) =>
    startEngine({
      harness: options.harness,
      engine: findLeaf('engine', options.harness.engines, options.engine),
      sandbox: options.sandbox,
      flags: options.flags,
      user: options.user,
      limits: options.limits,
      python,
      modelPath,
      ...(options.protocol.chatTemplate === 'base'
        ? { chatTemplatePath: join(options.baseModelPath, 'chat_template.jinja') }
        : {}),
      owner: options.path,
    }),
  )
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

/** The engine did not serve the checkpoint. It is the checkpoint's fault only if the base model is served. */
async function blame(options: CheckpointEvaluation, error: EngineFailed): Promise<DoesNotLoad> {
  await writeFile(join(options.path, 'engine.log'), error.log)
  try {
    await using _control = await serve(options, options.baseModelPath)
  } catch (controlError) {
    if (!(controlError instanceof EngineFailed)) throw controlError
    throw new BenchError(`the engine does not even serve the base model: ${lastLine(controlError.log)}`, {
      code: 'engine/broken',
      kind: 'environment',
      remedy: 'Run `ptb doctor`; the full log is in engine.log of the evaluation.',
    })
  }
  return {
    refused: {
      reason: 'no_model/does_not_load',
      detail: `the engine serves the base model but not this checkpoint: ${lastLine(error.log) || error.message}`,
    },
  }
}

function lastLine(log: string): string {
  return log.trimEnd().split('\n').at(-1)?.slice(0, 500) ?? ''
}

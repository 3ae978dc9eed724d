import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EvaluationMetrics } from '../domain/evaluation.ts'
import { BenchError } from '../domain/error.ts'
import { baselineFileSchema } from '../domain/run-spec.ts'
import { tryLease, type Lease } from '../lib/lease.ts'
import { sha256 } from '../lib/hash.ts'
import { selectSandbox } from './sandbox/select-sandbox.ts'
import type { Harness } from './harness.ts'
import { readMetrics } from './evaluation/evaluation.ts'
import { evaluateCheckpoint } from './phases/evaluate.ts'
import { payloadUser } from './sandbox/payload-user.ts'
import { readRules } from './rules.ts'
import { createSlot, defaultSlots } from './slot.ts'

const leasePollMs = 250

/** Evaluates a catalogue model as it is. While another process is at it, this one waits for what comes of it. */
export async function runBaseline(options: {
  readonly harness: Harness
  readonly path: string
  readonly slots?: number
  readonly signal: AbortSignal
}): Promise<EvaluationMetrics> {
  using _lease = await waitForLease(options.path, options.signal)
  const known = await readBaselineMetrics(options.path)
  if (known !== null) return known
  const { spec } = baselineFileSchema.parse(
    JSON.parse(await readFile(join(options.path, 'baseline.json'), 'utf8')),
  )
  using slot = createSlot(options.slots ?? defaultSlots(spec.limits))
  await slot.take({ signal: options.signal })
  const {
    sandbox,
    probe: { flags },
  } = await selectSandbox(spec.sandbox, options.harness.sandboxes)
  const { protocol } = await readRules(options.harness, spec)
  const evaluation = await evaluateCheckpoint({
    harness: options.harness,
    path: baselineEvaluationPath(options.path),
    modelPath: spec.model.path,
    modelHash: spec.model.hash,
    baseModelPath: spec.baseModel.path,
    benchmark: spec.benchmark,
    protocol,
    protocolHash: spec.protocol.hash,
    engine: spec.engine,
    sandbox,
    flags,
    user: await payloadUser({
      slotUser: slot.user(),
      flags,
      python: (await options.harness.python()).python,
      paths: [spec.model.path, options.harness.environmentsPath],
    }),
    limits: spec.limits,
    fewShot: spec.fewShot,
    sets: ['test'],
    signal: options.signal,
  })
  if (!('refused' in evaluation)) return evaluation
  throw new BenchError(`the baseline model ${spec.model.id} does not load: ${evaluation.refused.detail}`, {
    code: 'baseline/does_not_load',
    kind: 'environment',
    remedy: `Check the model in ${spec.model.path}.`,
  })
}

async function waitForLease(path: string, signal: AbortSignal): Promise<Lease> {
  for (;;) {
    const lease = tryLease(`baseline-${sha256(path).slice(0, 16)}`)
    if (lease !== null) return lease
    await sleep(leasePollMs, undefined, { signal })
  }
}

export function baselineEvaluationPath(path: string): string {
  return join(path, 'evaluation')
}

export function readBaselineMetrics(path: string): Promise<EvaluationMetrics | null> {
  return readMetrics(baselineEvaluationPath(path))
}

import { mkdir, mkdtemp, readFile, rm, writeFile, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EvaluationMetrics, Sample } from '../../../src/domain/evaluation.ts'
import { BenchError } from '../../../src/domain/error.ts'
import { itemCounts, protocolSchema } from '../../../src/domain/protocol.ts'
import { hashItems } from '../../../src/run/items.ts'
import { evaluateCheckpoint, splitEvaluation } from '../../../src/run/phases/evaluate.ts'
import { payloadUser } from '../../../src/run/sandbox/payload-user.ts'
import { countingBenchmark, countingProtocol } from '../../fakes/benchmark.ts'
import { createFakeHarness } from '../../fakes/harness.ts'
import { writeBase } from '../../life/rig.ts'
import { findSandbox } from './find-sandbox.ts'

export interface EngineTrouble {
  /** One of test/fakes/engine-faults.mjs. */
  readonly fault: string
  /** Whether it comes with the submission, or with the engine: at its first so many starts. */
  readonly of: 'submission' | { readonly faultyStarts: number }
}

export interface EvaluationEnd {
  readonly metrics: EvaluationMetrics | null
  /** `no_model/…`, or `infra_failure/…` as the worker would put it. */
  readonly reason: string | null
  readonly detail: string
  readonly samples: readonly Sample[]
}

export interface EngineBench extends AsyncDisposable {
  evaluate(trouble: EngineTrouble | null): Promise<EvaluationEnd>
}

/** What only time tells; all else must not depend on how busy this machine is. */
const neverReady = ['never-listens', 'hangs-at-start', 'never-healthy']
const silent = ['hangs', 'slow-body', '429', '503', 'content-length-too-large']

function isAny(fault: string | undefined, names: readonly string[]): boolean {
  return fault !== undefined && names.includes(fault)
}

/** A submission that answers everything right, and an engine that can be made to fail. */
export async function createEngineBench(): Promise<EngineBench> {
  const { sandbox, flags } = await findSandbox()
  const folder = await mkdtemp(join(tmpdir(), 'ptb-engine-faults-'))
  await chmod(folder, 0o755)
  const path = (name: string): string => join(folder, name)
  for (const name of ['base', 'model']) {
    await mkdir(path(name))
    await writeBase(path(name))
    await writeFile(join(path(name), 'chat_template.jinja'), '')
  }
  const protocol = protocolSchema.parse({ ...countingProtocol, chatTemplate: 'own' })
  const items = await countingBenchmark.load({ counts: itemCounts(protocol) })
  const { engines: _, ...common } = createFakeHarness(path('catalog'))
  return {
    async evaluate(trouble) {
      const { fault, of } = trouble ?? {}
      const own = of === 'submission' ? { fault } : {}
      const config = { model_type: 'x', architectures: ['X'], answers: true, loads: true, ...own }
      await writeFile(join(path('model'), 'config.json'), JSON.stringify(config))
      const { engines } = createFakeHarness(path('catalog'), {
        engine: {
          readyTimeoutMs: isAny(fault, neverReady) ? 5000 : 60_000,
          stallTimeoutMs: isAny(fault, silent) ? 5000 : 60_000,
          ...(fault === undefined || typeof of !== 'object' ? {} : { fault, ...of }),
        },
      })
      const harness = { ...common, engines }
      const slot = process.getuid?.() === 0 ? { uid: 64_200, gid: 64_200 } : null
      try {
        const end = await evaluateCheckpoint({
          harness,
          path: path('evaluation'),
          modelPath: path('model'),
          modelHash: 'm',
          baseModelPath: path('base'),
          benchmark: { id: 'counting', version: 1, itemsHash: hashItems(items) },
          protocol,
          protocolHash: 'p',
          engine: 'echo',
          sandbox,
          flags,
          user: await payloadUser({ slotUser: slot, flags, python: '/bin/sh', paths: [path('model')] }),
          limits: { memoryGiB: 0.25 },
          fewShot: 0,
          sets: ['test', 'shadow'],
          signal: AbortSignal.timeout(120_000),
        })
        const { metrics, loadFailure } = splitEvaluation(end)
        const { reason = null, detail = '' } = loadFailure ?? {}
        return { metrics, reason, detail, samples: await readSamples() }
      } catch (error) {
        if (!(error instanceof BenchError)) throw error
        const reason = `infra_failure/${error.code.replace('/', '_')}`
        return { metrics: null, reason, detail: error.message, samples: await readSamples() }
      }
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
    },
  }

  async function readSamples(): Promise<Sample[]> {
    const text = await readFile(join(path('evaluation'), 'samples.jsonl'), 'utf8').catch(() => '')
    return text
      .split('\n')
      .filter(Boolean)
      .map((line): Sample => JSON.parse(line))
  }
}

import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BenchError } from '../../../src/domain/error.ts'
import type { EvaluationMetrics } from '../../../src/domain/evaluation.ts'
import { protocolSchema, type Protocol } from '../../../src/domain/protocol.ts'
import { evaluateCheckpoint, splitEvaluation } from '../../../src/run/phases/evaluate.ts'
import { openPublishedTask } from '../../../src/run/published/open-task.ts'
import { readTaskFolder } from '../../../src/run/published/task-folder.ts'
import { payloadUser } from '../../../src/run/sandbox/payload-user.ts'
import { countingProtocol } from '../../fakes/benchmark.ts'
import { createFakeHarness } from '../../fakes/harness.ts'
import { writeBase } from '../../life/rig.ts'
import { findSandbox } from '../environment/find-sandbox.ts'

const program = fileURLToPath(new URL('evaluate.py', import.meta.url))

export interface Measurement {
  readonly metrics: EvaluationMetrics | null
  /** `no_model/…`, or `infra_failure/…` as the worker would put it. */
  readonly reason: string | null
  readonly detail: string
  readonly log: string
  /** What is left in the folder of the evaluation. */
  readonly files: readonly string[]
}

export interface MeasureCase {
  /** What evaluate.py does, by the checkpoint that it is given. */
  readonly model?: string
  readonly base?: string
  readonly timeoutSeconds?: number
  readonly protocol?: Partial<Protocol>
  /** Default: two minutes. */
  readonly signal?: AbortSignal
  /** Done to the task after the plan. */
  readonly meddle?: (task: string) => Promise<void>
}

export interface PublishedBench extends AsyncDisposable {
  /** A file of the operator's that nothing in a sandbox may see. */
  readonly secret: string
  readonly isolated: boolean
  evaluate(of: MeasureCase): Promise<Measurement>
}

/** A task whose program does what a checkpoint tells it, and a real evaluation of it. */
export async function createPublishedBench(): Promise<PublishedBench> {
  const { sandbox, flags } = await findSandbox()
  const folder = await mkdtemp(join(tmpdir(), 'ptb-published-'))
  await chmod(folder, 0o755)
  const path = (name: string): string => join(folder, name)
  for (const name of ['base', 'model']) {
    await mkdir(path(name))
    await writeBase(path(name))
  }
  await mkdir(path('task/evaluation_code'), { recursive: true })
  await writeFile(path('task/evaluation_code/note.txt'), 'found')
  await writeFile(path('task/benchmark.txt'), 'Taken over\n')
  await cp(program, path('task/evaluate.py'))
  const secret = path('secret.json')
  await writeFile(secret, '{"accuracy": 1}', { mode: 0o600 })
  return {
    secret,
    isolated: flags.isolatesFiles && flags.isolatesNetwork,
    async evaluate({ model = 'scores', base = 'scores', timeoutSeconds = 120, protocol, ...of }) {
      for (const [name, does] of Object.entries({ model, base }))
        await writeFile(join(path(name), 'config.json'), JSON.stringify({ does, secret }))
      const task = { kind: 'published', path: 'task', timeoutHours: timeoutSeconds / 3600 } as const
      const benchmark = await openPublishedTask(task, folder)
      const { hash } = await readTaskFolder(path('task'))
      await of.meddle?.(path('task'))
      const slot = process.getuid?.() === 0 ? { uid: 64_200, gid: 64_200 } : null
      const harness = { ...createFakeHarness(path('catalog')), benchmarks: [benchmark] }
      const { python } = await harness.python()
      const read = async (): Promise<Pick<Measurement, 'log' | 'files'>> => ({
        log: await readFile(path('evaluation/engine.log'), 'utf8').catch(() => ''),
        files: await readdir(path('evaluation')),
      })
      try {
        const end = await evaluateCheckpoint({
          harness,
          path: path('evaluation'),
          modelPath: path('model'),
          modelHash: 'm',
          baseModelPath: path('base'),
          benchmark: { id: 'task', version: 1, itemsHash: hash },
          protocol: protocolSchema.parse({ ...countingProtocol, chatTemplate: 'own', ...protocol }),
          protocolHash: 'p',
          engine: 'echo',
          sandbox,
          flags,
          user: await payloadUser({ slotUser: slot, flags, python, paths: [path('model')] }),
          limits: { memoryGiB: 0.5 },
          fewShot: 0,
          sets: ['test', 'shadow'],
          signal: of.signal ?? AbortSignal.timeout(120_000),
        })
        const { metrics, loadFailure } = splitEvaluation(end)
        const { reason = null, detail = '' } = loadFailure ?? {}
        return { metrics, reason, detail, ...(await read()) }
      } catch (error) {
        if (!(error instanceof BenchError)) throw error
        const reason = `infra_failure/${error.code.replace('/', '_')}`
        return { metrics: null, reason, detail: error.message, ...(await read()) }
      }
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
    },
  }
}

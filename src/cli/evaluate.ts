import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Benchmark } from '../domain/benchmark.ts'
import { BenchError, exitCodes } from '../domain/error.ts'
import type { EvaluationMetrics } from '../domain/evaluation.ts'
import type { Protocol } from '../domain/protocol.ts'
import type { SandboxFlags, SandboxUser } from '../domain/sandbox.ts'
import { remote } from '../engines/remote.ts'
import { hashFolder, sha256 } from '../lib/hash.ts'
import { inertLine } from '../lib/inert-text.ts'
import { keepYoungGenerationSmall } from '../lib/small-young-generation.ts'
import { renderTable } from '../lib/table.ts'
import type { Catalog } from '../run/catalog.ts'
import { readEndpointKey } from '../run/evaluation/endpoint-key.ts'
import { findLeaf, type Harness } from '../run/harness.ts'
import { hashBasis, loadItems } from '../run/items.ts'
import { assertJudge } from '../run/evaluation/scoring-tools.ts'
import { evaluateCheckpoint, type CheckpointEvaluation } from '../run/phases/evaluate.ts'
import { payloadUser } from '../run/sandbox/payload-user.ts'
import { selectSandbox } from '../run/sandbox/select-sandbox.ts'
import { createSlot, defaultSlots } from '../run/slot.ts'
import { openConfig } from './config/load-config.ts'
import { createHarness } from './harness.ts'

export interface EvaluateOptions {
  readonly model: string
  readonly benchmark: readonly string[]
  readonly protocol: string
  readonly baseModel?: string | undefined
  readonly engine: string
  readonly endpoint?: string | undefined
  readonly keyFile?: string | undefined
  readonly limit?: number | undefined
  readonly maxTokens?: number | undefined
  readonly fewShot: number
  readonly sandbox: string
  readonly out: string
  readonly config?: string | undefined
  readonly json: boolean
}

interface Evaluated {
  readonly benchmark: string
  readonly path: string
  readonly metrics: EvaluationMetrics | null
  /** Why there is no score. */
  readonly refused: string | null
}

/** Returns the exit code. */
export async function evaluateModel(options: EvaluateOptions): Promise<number> {
  keepYoungGenerationSmall()
  const harness = createHarness(await openConfig(options))
  const catalog = await harness.catalog()
  const protocol = catalog.protocol(options.protocol)
  const ids = options.benchmark.length > 0 ? options.benchmark : protocol.benchmarks
  const benchmarks = ids.map((id) => findLeaf<Benchmark>('benchmark', harness.benchmarks, id))
  const protocolHash = catalog.protocolHash(protocol.id)
  // All of them before the first: what the last one lacks is said now, and not after hours.
  const access = await harness.judge()
  for (const benchmark of benchmarks) assertJudge({ benchmark, protocol, access })
  const ready: { readonly benchmark: Benchmark; readonly locked: CheckpointEvaluation['benchmark'] }[] = []
  for (const benchmark of benchmarks)
    ready.push({ benchmark, locked: await lockBenchmark(harness, benchmark, protocol) })
  const subject = await findSubject(options, catalog)
  const signal = new AbortController().signal
  using slot = createSlot(defaultSlots({}))
  await slot.take({ signal })
  const {
    sandbox,
    probe: { flags },
  } = await selectSandbox(options.sandbox, harness.sandboxes)
  const user = await findUser(harness, { benchmarks, subject, slotUser: slot.user(), flags })
  const evaluated: Evaluated[] = []
  for (const { benchmark, locked } of ready) {
    const path = resolve(options.out, folderName({ ...options, subject, locked, protocolHash }))
    const progress = showProgress(benchmark.id)
    const end = await evaluateCheckpoint({
      harness,
      path,
      ...subject,
      benchmark: locked,
      protocol,
      protocolHash,
      sandbox,
      flags,
      user,
      limits: {},
      fewShot: options.fewShot,
      sets: ['test'],
      signal,
      ...overridesOf(options),
      onSample: progress.update,
    })
    progress.end()
    const refused = 'refused' in end ? `${end.refused.reason}: ${end.refused.detail}` : null
    evaluated.push({ benchmark: benchmark.id, path, metrics: 'refused' in end ? null : end, refused })
  }
  console.log(options.json ? JSON.stringify(evaluated, null, 2) : render(evaluated))
  return evaluated.every(({ refused }) => refused === null) ? exitCodes.ok : exitCodes.runsFailed
}

type Subject = Pick<CheckpointEvaluation, 'modelPath' | 'modelHash' | 'baseModelPath' | 'engine' | 'endpoint'>

async function findSubject(options: EvaluateOptions, catalog: Catalog): Promise<Subject> {
  const { model, endpoint: url, engine, keyFile } = options
  if (url === undefined) {
    const modelPath = findModel(model, catalog)
    const baseModelPath = findModel(options.baseModel ?? baseOf(model, catalog), catalog)
    return { modelPath, modelHash: (await hashFolder(modelPath)).hash, baseModelPath, engine }
  }
  const key = readEndpointKey({ file: keyFile })
  return {
    modelPath: '',
    // what is served there cannot be hashed: its name is all that is known
    modelHash: sha256(`${new URL(remote.connect({ url, key }).url).host}/${model}`),
    baseModelPath: '',
    engine: remote.id,
    endpoint: { endpoint: { url, key }, model },
  }
}

/** An instruct model is asked in its base model's form, as submissions are. */
function baseOf(model: string, catalog: Catalog): string {
  return catalog.models.find(({ id }) => id === model)?.base ?? model
}

function findModel(name: string, catalog: Catalog): string {
  if (catalog.models.some(({ id }) => id === name)) return catalog.modelPath(name)
  if (existsSync(join(name, 'config.json'))) return resolve(name)
  throw new BenchError(`there is no model "${name}" in the catalogue, and no checkpoint in such a folder`, {
    code: 'evaluate/no_model',
    kind: 'usage',
    remedy: `Known: ${catalog.models.map(({ id }) => id).join(', ')}; or a folder with a config.json.`,
  })
}

async function lockBenchmark(
  harness: Harness,
  benchmark: Benchmark,
  protocol: Protocol,
): Promise<CheckpointEvaluation['benchmark']> {
  const itemsHash = await hashBasis(benchmark, await loadItems(harness, benchmark, protocol))
  return { id: benchmark.id, version: benchmark.version, itemsHash }
}

function overridesOf({
  limit,
  maxTokens,
}: EvaluateOptions): Pick<CheckpointEvaluation, 'overrides'> | undefined {
  if (limit === undefined && maxTokens === undefined) return undefined
  return {
    overrides: {
      ...(limit === undefined ? {} : { limit }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
    },
  }
}

/** One folder for all that is the same: a changed flag must not go on with the other's samples. */
function folderName({
  subject: { modelHash, baseModelPath, engine },
  locked,
  protocol,
  protocolHash,
  limit,
  maxTokens,
  fewShot,
}: EvaluateOptions & {
  readonly subject: Subject
  readonly locked: CheckpointEvaluation['benchmark']
  readonly protocolHash: string
}): string {
  const what = [
    modelHash,
    baseModelPath,
    engine,
    locked,
    protocolHash,
    limit ?? null,
    maxTokens ?? null,
    fewShot,
  ]
  return `${locked.id}-${protocol}-${sha256(JSON.stringify(what)).slice(0, 10)}`
}

/** Whom engine and programs become. Nobody waits for a Python that nothing will use. */
async function findUser(
  harness: Harness,
  {
    benchmarks,
    subject,
    slotUser,
    flags,
  }: {
    readonly benchmarks: readonly Benchmark[]
    readonly subject: Subject
    readonly slotUser: SandboxUser | null
    readonly flags: SandboxFlags
  },
): Promise<SandboxUser | null> {
  const isRemote = subject.endpoint !== undefined
  if (isRemote && !benchmarks.some(({ needs }) => needs?.includes('programs'))) return null
  const { python } = await harness.python()
  const paths = isRemote ? [] : [subject.modelPath, harness.environmentsPath]
  return await payloadUser({ slotUser, flags, python, paths })
}

interface Progress {
  readonly update: (done: number, total: number) => void
  readonly end: () => void
}

/** One line that is written over, on a terminal only. */
function showProgress(benchmark: string): Progress {
  if (!process.stderr.isTTY) return { update() {}, end() {} }
  let shown = 0
  return {
    update(done, total) {
      if (performance.now() - shown < 200 && done < total) return
      shown = performance.now()
      process.stderr.write(`\r\u001b[K${benchmark}: ${done} of ${total} answers`)
    },
    end: () => process.stderr.write('\r\u001b[K'),
  }
}

function render(evaluated: readonly Evaluated[]): string {
  const rows = evaluated.map(({ benchmark, metrics, refused }) => {
    if (metrics === null) return [benchmark, 'none', '', '', '', inertLine(refused ?? '')]
    const { test, overrides } = metrics
    return [
      benchmark,
      (100 * test.accuracy).toFixed(2),
      `± ${(100 * test.stderr).toFixed(2)}`,
      String(test.items),
      String(test.errors),
      overrides === undefined ? '' : 'not under the protocol: items or tokens were limited',
    ]
  })
  const columns = [
    { title: 'benchmark' },
    { title: 'score', align: 'right' },
    { title: '' },
    { title: 'items', align: 'right' },
    { title: 'errors', align: 'right' },
    { title: '' },
  ] as const
  return [renderTable(columns, rows), '', ...evaluated.map(({ path }) => inertLine(path))].join('\n')
}

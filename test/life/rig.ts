import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attemptEventLineSchema, type AttemptEventLine } from '../../src/domain/attempt-event.ts'
import { resultSchema, type RunResult } from '../../src/domain/result.ts'
import { itemCounts } from '../../src/domain/protocol.ts'
import { runFileSchema, type RunSpec } from '../../src/domain/run-spec.ts'
import { hashFolder } from '../../src/lib/hash.ts'
import { readJsonl } from '../../src/lib/jsonl.ts'
import { readAgentFolder } from '../../src/run/plan/agent-folder.ts'
import { readCatalog } from '../../src/run/catalog.ts'
import { hashItems } from '../../src/run/items.ts'
import { attemptLayout, runLayout } from '../../src/run/layout.ts'
import { countingBenchmark } from '../fakes/benchmark.ts'
import { createFakeHarness } from '../fakes/harness.ts'

export interface Life extends AsyncDisposable {
  readonly runPath: string
  /** A worker as a process of its own; `wrapper` is a command that executes the one after it. */
  startWorker(env?: Readonly<Record<string, string>>, wrapper?: readonly string[]): ChildProcess
  /** What `ptb run` does: starts a worker, and again when it is gone, until the run is finished. */
  startRun(env?: Readonly<Record<string, string>>): ChildProcess
  /** Starts a worker and waits for its end. */
  work(): Promise<void>
  result(): Promise<RunResult>
  events(attempt: number): Promise<AttemptEventLine[]>
  agentLog(attempt: number): Promise<string>
  /** Waits until the agent has printed something. */
  untilPrinted(text: string, attempt?: number): Promise<void>
}

export interface LifeOptions {
  /** Body of solve.sh. It can use `save ANSWERS LOADS`, which writes a valid final_model. */
  readonly solve: string
  readonly sandbox: string
  readonly budgetSeconds?: number
  readonly graceSeconds?: number
  readonly infraRetries?: number
  readonly limits?: RunSpec['limits']
  readonly reprompt?: RunSpec['reprompt']
  /** Default `counting`. */
  readonly benchmark?: 'counting' | 'judged'
  /** Where the run's folder is made; default: among the temporary ones. */
  readonly parent?: string
}

const saveFunction = `
save() {
  mkdir -p final_model
  printf '{"model_type":"x","architectures":["X"],"answers":%s,"loads":%s}' "$1" "$2" > final_model/config.json
  printf '{}' > final_model/tokenizer.json
  cp "$BASE_MODEL/model.safetensors" final_model/
}
`

/** A run from its folder on, with a base model of one tensor. */
export async function createLife(options: LifeOptions): Promise<Life> {
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), 'ptb-life-'))
  const catalogPath = join(folder, 'catalog')
  const base = join(folder, 'base')
  const agentPath = join(folder, 'agent')
  const runPath = join(folder, 'run')
  for (const path of [
    join(catalogPath, 'protocols'),
    join(catalogPath, 'policies'),
    base,
    agentPath,
    runPath,
  ])
    await mkdir(path, { recursive: true })
  await writeCatalog(catalogPath)
  await writeBase(base)
  await writeFile(join(agentPath, 'solve.sh'), `${saveFunction}\n${options.solve}\n`)
  const catalog = await readCatalog(catalogPath)
  const counts = itemCounts(catalog.protocol('counting-v1'))
  const items = await countingBenchmark.load({ counts })
  const file = runFileSchema.parse({
    schemaVersion: 1,
    id: 'life-1',
    experiment: 'life',
    repeat: 1,
    specHash: 'x',
    infraRetries: options.infraRetries ?? 0,
    harnessVersion: 'test',
    createdAt: new Date().toISOString(),
    spec: {
      agent: {
        name: 'a',
        kind: 'custom',
        path: agentPath,
        config: '',
        hash: (await readAgentFolder(agentPath)).hash,
        files: [],
      },
      baseModel: { id: 'base', path: base, hash: (await hashFolder(base)).hash },
      siblings: [],
      benchmark: { id: options.benchmark ?? 'counting', version: 1, itemsHash: hashItems(items) },
      protocol: { id: 'counting-v1', hash: catalog.protocolHash('counting-v1') },
      prompt: { id: 'v1', hash: 'x' },
      policy: { id: 'default', hash: 'x' },
      budget: { hours: (options.budgetSeconds ?? 60) / 3600, gpus: 0 },
      limits: options.limits ?? {},
      reprompt: options.reprompt ?? 'off',
      sandbox: options.sandbox,
      network: options.sandbox === 'host' ? 'open' : 'isolated',
      engine: 'echo',
      seed: 1,
      graceSeconds: options.graceSeconds ?? 1,
    },
  })
  await writeFile(runLayout(runPath).runFile, JSON.stringify(file))
  const [command = '', ...args] = createFakeHarness(catalogPath).ptb
  const workers: ChildProcess[] = []
  const start = (argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess => {
    const [program = '', ...rest] = argv
    const worker = spawn(program, rest, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    })
    workers.push(worker)
    return worker
  }
  const startWorker: Life['startWorker'] = (env, wrapper = []) =>
    start([...wrapper, command, ...args, 'worker', runPath], env)
  const agentLog = (attempt: number): Promise<string> =>
    readFile(attemptLayout(runPath, attempt).agentLog, 'utf8').catch(() => '')
  return {
    runPath,
    startWorker,
    startRun: (env) => start([command, ...args, 'run', runPath], env),
    async work() {
      await once(startWorker(), 'exit')
    },
    async result() {
      return resultSchema.parse(JSON.parse(await readFile(runLayout(runPath).result, 'utf8')))
    },
    async events(attempt) {
      const { lines } = await readJsonl(attemptLayout(runPath, attempt).events)
      return lines.map(({ value }) => attemptEventLineSchema.parse(value))
    },
    agentLog,
    async untilPrinted(text, attempt = 1) {
      for (
        const end = Date.now() + 60_000;
        Date.now() < end;
        await new Promise((done) => setTimeout(done, 50))
      )
        if ((await agentLog(attempt)).includes(text)) return
      throw new Error(`the agent did not print "${text}"`)
    },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) if (worker.exitCode === null) worker.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function writeCatalog(path: string): Promise<void> {
  await writeFile(join(path, 'models.yaml'), 'models: []\n')
  await writeFile(
    join(path, 'protocols', 'counting-v1.yaml'),
    `id: counting-v1
title: Counting
benchmarks: [counting]
weights: { counting: 1 }
itemSeed: 1
items: { train: 3, test: 8, shadow: 4 }
sampling: { temperature: 0, seeds: [1] }
probeItems: 0
chatTemplate: own
judge: { model: grader, maxTokens: 10 }
selfEvaluation: { samples: full }
fewShot: 0
prompt: v1
policy: default
`,
  )
  await writeFile(join(path, 'policies', 'default.yaml'), 'id: default\nrules: []\n')
}

/** A checkpoint of one tensor of four float32 numbers, which the echo engine serves. */
export async function writeBase(path: string): Promise<void> {
  const header = Buffer.from(
    JSON.stringify({ w: { dtype: 'F32', shape: [4], data_offsets: [0, 16] } }).padEnd(64),
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  await writeFile(
    join(path, 'model.safetensors'),
    Buffer.concat([length, header, Buffer.from(new Float32Array([1, 2, 3, 4]).buffer)]),
  )
  await writeFile(
    join(path, 'config.json'),
    '{"model_type":"x","architectures":["X"],"answers":false,"loads":true}',
  )
  await writeFile(join(path, 'tokenizer.json'), '{}')
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EvaluationMetrics, Sample } from '../src/domain/evaluation.ts'
import { summariseSamples } from '../src/domain/evaluation.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import type { RunResult } from '../src/domain/result.ts'
import {
  baselineKinds,
  type BaselineFile,
  type BaselineSpec,
  type Lock,
  type RunFile,
  type RunSpec,
} from '../src/domain/run-spec.ts'
import { sha256 } from '../src/lib/hash.ts'
import { createRng } from '../src/lib/rng.ts'
import { evaluationPath, runLayout } from '../src/run/layout.ts'
import { at, findingsOf, journalOf, sealOf, solveRecord, verdictOf } from './synthetic-evidence.ts'

export interface SyntheticSize {
  readonly runs: number
  readonly agents: number
  /** Test items of each benchmark. */
  readonly items: number
}

const benchmarks = ['nano-arith', 'nano-tools']
const protocol = { id: 'nano-v1', hash: sha256('nano-v1') }

/** Hands over the folder of a synthetic experiment and removes it afterwards. 10 000 runs take 1.5 GB. */
export async function withSyntheticExperiment<T>(
  size: SyntheticSize,
  read: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-bench-'))
  try {
    const path = join(folder, 'synthetic')
    writeSyntheticExperiment(path, size)
    return await read(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Writes an experiment of finished runs with every file that a reader looks at, in the sizes that they have: agents ×
 * 2 benchmarks × repeats, and the baselines. One run in 20 is flagged, one in 20 has submitted nothing.
 */
export function writeSyntheticExperiment(root: string, size: SyntheticSize): void {
  const sheets = new Map(benchmarks.map((benchmark) => [benchmark, createSheet(benchmark, size.items)]))
  const runs = Array.from({ length: size.runs }, (_, index) => planRun(index, size))
  const baselines = benchmarks.flatMap((benchmark) =>
    baselineKinds.map((kind) => ({ id: `${kind}-${benchmark}`, spec: baselineSpec(kind, benchmark) })),
  )
  mkdirSync(root, { recursive: true })
  const lock: Lock = {
    schemaVersion: 1,
    experiment: 'synthetic',
    createdAt: at(0),
    runs: runs.map(({ id, repeat, spec }) => ({
      id,
      repeat,
      specHash: sha256(id),
      spec,
      harnessVersion: '0.1.0',
      addedAt: at(0),
    })),
    baselines: baselines.map(({ id, spec }) => ({ id, spec, specHash: sha256(id), addedAt: at(0) })),
  }
  writeJson(join(root, 'experiment.lock.json'), lock)
  for (const run of runs) writeRun(root, run, sheets)
  for (const { id, spec } of baselines) {
    const folder = join(root, 'baselines', id)
    const file: BaselineFile = {
      schemaVersion: 1,
      id,
      experiment: 'synthetic',
      spec,
      specHash: sha256(id),
      harnessVersion: '0.1.0',
    }
    const accuracy = { base_zero_shot: 0.1, base_few_shot: 0.3, instruct: 0.8 }[spec.kind]
    const answers = sheets.get(spec.benchmark.id)?.answer(id, accuracy)
    if (answers === undefined) continue
    mkdirSync(join(folder, 'evaluation'), { recursive: true })
    writeJson(join(folder, 'baseline.json'), file)
    writeJson(join(folder, 'evaluation', 'metrics.json'), metricsOf(spec, spec.model.hash, answers))
    writeFileSync(join(folder, 'evaluation', 'samples.jsonl'), answers.samples)
  }
}

interface PlannedRun {
  readonly id: string
  readonly repeat: number
  readonly spec: RunSpec
  readonly outcome: Outcome
}

function planRun(index: number, size: SyntheticSize): PlannedRun {
  const agent = `agent-${String(index % size.agents).padStart(3, '0')}`
  const cell = Math.floor(index / size.agents)
  const benchmark = benchmarks[cell % benchmarks.length] ?? ''
  const repeat = 1 + Math.floor(cell / benchmarks.length)
  const spec: RunSpec = {
    agent: {
      name: agent,
      kind: 'custom',
      path: `/agents/${agent}`,
      config: '',
      hash: sha256(agent),
      files: ['README.md', 'solve.sh', 'train.py'].map((path) => ({
        path,
        sha256: sha256(path),
        mode: 0o644,
      })),
    },
    baseModel: { id: 'nano-base', path: '/models/nano-base', hash: sha256('nano-base') },
    siblings: [{ id: 'nano-instruct', path: '/models/nano-instruct', hash: sha256('nano-instruct') }],
    benchmark: { id: benchmark, version: 1, itemsHash: sha256(benchmark) },
    protocol,
    prompt: { id: 'v1', hash: sha256('v1') },
    policy: { id: 'default', hash: sha256('default') },
    budget: { hours: 0.25, gpus: 0 },
    limits: { cpus: 1 },
    reprompt: 'off',
    sandbox: 'bubblewrap',
    network: 'isolated',
    engine: 'transformers',
    seed: repeat,
    graceSeconds: 10,
  }
  const kind = index % 20 === 7 ? 'flagged' : index % 20 === 13 ? 'no_model' : 'scored'
  const reason = {
    flagged: 'flagged/contamination',
    no_model: 'no_model/nothing_submitted',
    scored: 'scored',
  }[kind]
  return {
    id: `${agent}-${benchmark}-${repeat}-${sha256(String(index)).slice(0, 8)}`,
    repeat,
    spec,
    outcome: { kind, reason, detail: 'the agent ended by itself' },
  }
}

function writeRun(root: string, run: PlannedRun, sheets: ReadonlyMap<string, Sheet>): void {
  const { id, repeat, spec, outcome } = run
  const layout = runLayout(join(root, 'runs', id))
  const agentNumber = Number.parseInt(spec.agent.hash.slice(0, 4), 16) / 0xffff
  const answers =
    outcome.kind === 'no_model'
      ? null
      : (sheets.get(spec.benchmark.id)?.answer(id, 0.2 + 0.6 * agentNumber) ?? null)
  const modelHash = answers === null ? null : sha256(id)
  const metrics = answers === null ? null : metricsOf(spec, modelHash ?? '', answers)
  const seal = sealOf(modelHash)
  const findings = findingsOf(outcome)
  const verdict = verdictOf(outcome)
  const result: RunResult = {
    schemaVersion: 1,
    runId: id,
    experiment: 'synthetic',
    agent: spec.agent.name,
    agentConfig: '',
    baseModel: spec.baseModel.id,
    benchmark: spec.benchmark.id,
    protocol: protocol.id,
    protocolHash: protocol.hash,
    budget: spec.budget,
    repeat,
    seed: spec.seed,
    outcome,
    ownScore: metrics?.test ?? null,
    shadowScore: null,
    verdict,
    findings: findings.findings,
    modelHash,
    attempts: 1,
    sandbox: 'bubblewrap',
    isolated: true,
    death: 'proven',
    solve: { startedAt: at(12), durationMs: 240_000, exitCode: 0, ended: 'finished', turns: 1 },
    resources: {
      limits: solveRecord.limits,
      exceeded: solveRecord.exceeded,
      usage: solveRecord.usage,
      contention: solveRecord.contention,
    },
    harnessVersion: '0.1.0',
    finishedAt: at(400),
  }
  const file: RunFile = {
    schemaVersion: 1,
    id,
    experiment: 'synthetic',
    repeat,
    spec,
    specHash: sha256(id),
    infraRetries: 2,
    harnessVersion: '0.1.0',
    createdAt: at(0),
  }
  mkdirSync(layout.verdicts, { recursive: true })
  writeJson(layout.runFile, file)
  writeLines(layout.journal, journalOf({ seal, metrics, findings, verdict, outcome }))
  writeJson(layout.findings, findings)
  writeJson(join(layout.verdicts, '1.json'), verdict)
  writeJson(layout.result, result)
  if (answers === null) return
  const evaluation = evaluationPath(layout.root, protocol.id, 1)
  mkdirSync(evaluation, { recursive: true })
  writeJson(join(evaluation, 'metrics.json'), metrics)
  writeFileSync(join(evaluation, 'samples.jsonl'), answers.samples)
}

interface Sheet {
  answer(seed: string, accuracy: number): Answers
}

interface Answers {
  readonly samples: string
  readonly test: EvaluationMetrics['test']
}

/** The lines of a benchmark's samples, each once with a right and once with a wrong answer. */
function createSheet(benchmark: string, items: number): Sheet {
  const lines = Array.from({ length: items }, (_, index) =>
    [0, 1].map((value) => `${JSON.stringify(sampleOf(benchmark, index, value))}\n`),
  )
  return {
    answer(seed, accuracy) {
      const rng = createRng(Number.parseInt(sha256(seed).slice(0, 8), 16))
      const values = lines.map(() => (rng.next() < accuracy ? 1 : 0))
      return {
        samples: lines.map((line, index) => line[values[index] ?? 0]).join(''),
        test: summariseSamples(
          values.map((value, index) => ({ id: String(index), value, finishReason: 'stop' })),
        ),
      }
    },
  }
}

function sampleOf(benchmark: string, index: number, value: number): Sample {
  return {
    set: 'test',
    id: `${benchmark}-test-${String(index).padStart(4, '0')}`,
    pass: 1,
    seed: 1_000_003 * (index + 1),
    messages: [
      {
        role: 'user',
        content: `Mia has ${index + 3} apples and buys ${index + 8} more. She gives ${index + 1} to Noah. How many does she have now?`,
      },
    ],
    output: `She has ${index + 3} and buys ${index + 8}, that is ${2 * index + 11}.\nAnswer: ${index + 10}`,
    finishReason: 'stop',
    promptTokens: 41,
    completionTokens: 23,
    answer: String(value === 1 ? index + 10 : index),
    target: String(index + 10),
    value,
    latencyMs: 35,
  }
}

function metricsOf(spec: RunSpec | BaselineSpec, modelHash: string, { test }: Answers): EvaluationMetrics {
  return {
    schemaVersion: 1,
    protocol: protocol.id,
    protocolHash: protocol.hash,
    benchmark: spec.benchmark.id,
    modelHash,
    engine: spec.engine,
    sandbox: spec.sandbox,
    seeds: [1],
    fewShot: 'fewShot' in spec ? spec.fewShot : 0,
    test,
    passes: [test.accuracy],
    shadow: null,
    probe: null,
    startedAt: at(300),
    durationMs: 75_000,
  }
}

function baselineSpec(kind: BaselineSpec['kind'], benchmark: string): BaselineSpec {
  const base = { id: 'nano-base', path: '/models/nano-base', hash: sha256('nano-base') }
  return {
    kind,
    model:
      kind === 'instruct'
        ? { id: 'nano-instruct', path: '/models/nano-instruct', hash: sha256('nano-instruct') }
        : base,
    baseModel: base,
    benchmark: { id: benchmark, version: 1, itemsHash: sha256(benchmark) },
    protocol,
    fewShot: kind === 'base_few_shot' ? 4 : 0,
    engine: 'transformers',
    sandbox: 'bubblewrap',
    seed: 1,
    limits: { cpus: 1 },
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}

function writeLines(path: string, values: readonly unknown[]): void {
  writeFileSync(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''))
}

import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { evaluationMetricsSchema, sampleSchema, type EvaluationMetrics } from '../../src/domain/evaluation.ts'
import { readJsonl } from '../../src/lib/jsonl.ts'
import { judgeCallSchema } from '../../src/run/evaluation/judge-record.ts'
import { readPythonEnvironment } from '../../src/setup/python.ts'
import { startFakeJudge, type FakeJudge } from '../fakes/judge.ts'
import { writeParquet } from '../fixtures/parquet.ts'
import { sharedPath, whyNoShared } from '../fixtures/shared.ts'

const program = join(import.meta.dirname, '../../bin/ptb.mjs')
const nano = join(import.meta.dirname, '../../nano/models/nano-base')
const limit = 8

let folder = ''
let judge: FakeJudge
const environment = await readPythonEnvironment()
const data = sharedPath('data')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-seven-'))
  judge = await startFakeJudge()
  await writeModel(join(folder, 'model'))
  await writeData(join(folder, 'data'))
  await writeProtocol(join(folder, 'catalog', 'protocols'))
  await writeFile(join(folder, 'ptb.config.ts'), "export default { catalog: './catalog' }\n")
})
afterAll(async () => {
  await judge[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** The nano checkpoint, with room for the longest of the prompts. */
async function writeModel(path: string): Promise<void> {
  await cp(nano, path, { recursive: true })
  const config = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(await readFile(join(path, 'config.json'), 'utf8')))
  await writeFile(join(path, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: 32_768 }))
}

/** The published data, and in place of the gated set one of the same columns and size. */
async function writeData(path: string): Promise<void> {
  await mkdir(join(path, 'gpqa'), { recursive: true })
  const rows = Array.from({ length: 448 }, (_, index) => ({
    Question: `Which of these is ${index}?`,
    'Correct Answer': String(index),
    'Incorrect Answer 1': String(index + 1),
    'Incorrect Answer 2': String(index + 2),
    'Incorrect Answer 3': String(index + 3),
    'Record ID': `rec${index}`,
  }))
  await writeFile(join(path, 'gpqa', 'gpqa_main.parquet'), writeParquet(rows))
  for (const name of [
    'aime2025',
    'arena_hard_writing',
    'bfcl_exec_simple',
    'gsm8k',
    'healthbench_easy',
    'humaneval',
  ])
    if (data !== null) await symlink(join(data, name), join(path, name))
}

/** `corrected` in one pass: the path is what counts here. */
async function writeProtocol(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  const corrected = await readFile(
    join(import.meta.dirname, '../../catalog/protocols/corrected.yaml'),
    'utf8',
  )
  const once = corrected.replace('id: corrected', 'id: once').replace(/seeds: \[.*?\]/, 'seeds: [72332]')
  await writeFile(join(path, 'once.yaml'), once)
}

async function ptb(
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: {
      ...process.env,
      PTB_DATA: join(folder, 'data'),
      PTB_JUDGE_URL: judge.url,
      JUDGE_API_KEY: 'a-key-of-the-judge',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, ...output }
}

function evaluate(benchmark: string): ReturnType<typeof ptb> {
  const protocol = ['--protocol', 'once', '--limit', String(limit), '--max-tokens', '32']
  return ptb(['evaluate', join(folder, 'model'), '--benchmark', benchmark, ...protocol, '--json'])
}

const evaluatedSchema = z.tuple([
  z.object({ path: z.string(), metrics: evaluationMetricsSchema, refused: z.null() }),
])

describe('the published benchmarks, with a real checkpoint behind a real engine', () => {
  it.for([
    ['aime2025', 'nothing'],
    ['gsm8k', 'nothing'],
    ['gpqamain', 'nothing'],
    ['bfcl', 'nothing'],
    ['humaneval', 'programs'],
    ['arenahardwriting', 'judge'],
    ['healthbench', 'judge'],
  ] as const)('%s', async ([benchmark, needs], context) => {
    if (data === null) return context.skip(whyNoShared('data'))
    if (environment === null) return context.skip('there is no Python environment: `ptb setup` makes one')
    const asked = judge.requests.length
    const { code, stdout, stderr } = await evaluate(benchmark)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [{ path, metrics }] = evaluatedSchema.parse(JSON.parse(stdout))
    expect(metrics).toMatchObject({
      benchmark,
      protocol: 'once',
      engine: 'transformers',
      maxTokens: 32,
      overrides: { limit, maxTokens: 32 },
      test: { items: limit, errors: 0 },
    })
    const samples = (await readJsonl(join(path, 'samples.jsonl'))).lines.map(({ value }) =>
      sampleSchema.parse(value),
    )
    expect(samples).toHaveLength(limit)
    for (const { promptTokens, completionTokens, finishReason } of samples) {
      expect(promptTokens).toBeGreaterThan(10)
      expect(completionTokens).toBeLessThanOrEqual(32)
      expect(['stop', 'length']).toContain(finishReason)
    }
    await expectations[needs]({ path, metrics, asked: judge.requests.length - asked })
    await expectRescored(path, metrics)
  })

  it('once more from the folder, without asking anybody', async (context) => {
    if (data === null) return context.skip(whyNoShared('data'))
    if (environment === null) return context.skip('there is no Python environment: `ptb setup` makes one')
    const asked = judge.requests.length
    const { code, stdout } = await evaluate('healthbench')
    expect(code).toBe(0)
    expect(evaluatedSchema.parse(JSON.parse(stdout))[0].metrics.test.items).toBe(limit)
    expect(judge.requests.length).toBe(asked)
  })
})

interface Finished {
  readonly path: string
  readonly metrics: EvaluationMetrics
  /** Requests to the judge. */
  readonly asked: number
}

/** What is left by an evaluation, by what its benchmark needs. */
const expectations = {
  async nothing({ metrics, asked }: Finished): Promise<void> {
    expect([metrics.judge, asked]).toEqual([undefined, 0])
  },
  async programs({ path }: Finished): Promise<void> {
    const record: unknown = JSON.parse(await readFile(join(path, 'programs.json'), 'utf8'))
    expect(record).toMatchObject({ isolated: true, python: expect.stringMatching(/^3\.\d+/) })
  },
  judge: expectGraded,
}

async function expectGraded({ path, metrics, asked }: Finished): Promise<void> {
  const { lines } = await readJsonl(join(path, 'judge.jsonl'))
  const calls = lines.map(({ value }) => judgeCallSchema.parse(value))
  expect(calls.length).toBe(asked)
  expect(calls.length).toBeGreaterThanOrEqual(2 * limit)
  expect(metrics.judge).toMatchObject({
    model: 'gpt-5-mini',
    answeredBy: ['gpt-5-mini-2025-08-07'],
    endpoint: new URL(judge.url).host,
    calls: asked,
    unusable: 0,
    promptTokens: 100 * asked,
    completionTokens: 10 * asked,
  })
  expect(metrics.judge?.costUsd).toBeCloseTo((asked * (100 * 0.25 + 10 * 2)) / 1e6, 12)
  expect(judge.headers.at(-1)?.authorization).toBe('Bearer a-key-of-the-judge')
  expect(JSON.stringify(calls)).not.toContain('a-key-of-the-judge')
}

/** Under its own rules nothing changes. */
async function expectRescored(path: string, { test }: EvaluationMetrics): Promise<void> {
  const { code, stdout, stderr } = await ptb(['score', '--protocol', 'once,v1.0', path, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject([
    {
      rescored: [
        {
          protocol: 'once',
          aborted: null,
          changed: [],
          metrics: { accuracy: test.accuracy, stderr: test.stderr },
        },
        { protocol: 'v1.0' },
      ],
    },
  ])
}

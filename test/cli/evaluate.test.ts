import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { evaluationMetricsSchema, sampleSchema } from '../../src/domain/evaluation.ts'
import { readJsonl } from '../../src/lib/jsonl.ts'
import { judgeCallSchema } from '../../src/run/evaluation/judge-record.ts'
import { countingProtocol } from '../fakes/benchmark.ts'
import { complete, startFakeJudge, type FakeJudge } from '../fakes/judge.ts'

const ptb = join(import.meta.dirname, '../../bin/ptb.mjs')
const items = 400

let folder = ''
let server: FakeJudge

/** Judged by a model that says what the answer is worth. */
const config = `
import { countingBenchmark } from ${JSON.stringify(join(import.meta.dirname, '../fakes/benchmark.ts'))}
const judged = {
  ...countingBenchmark,
  id: 'judged',
  needs: ['judge'],
  async score(item, { text }, { judge }) {
    const reply = await judge.ask({
      key: item.id, messages: [{ role: 'user', content: 'grade ' + text }], maxTokens: 5, attempts: 1, waitsMs: [1],
    })
    return { value: Number(reply), answer: text }
  },
}
export default { catalog: './catalog', benchmarks: [countingBenchmark, judged] }
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-evaluate-'))
  server = await startFakeJudge(({ messages }) => {
    const said = messages.at(-1)?.content ?? ''
    const number = said.split(' ').at(-1) ?? ''
    const text = said.startsWith('grade') ? (Number(number) % 2 === 0 ? '1' : '0.5') : number
    return (response) => void setTimeout(() => complete(text)(response), 10)
  })
  await writeFile(join(folder, 'ptb.config.ts'), config)
  await mkdir(join(folder, 'catalog', 'protocols'), { recursive: true })
  const protocol = { ...countingProtocol, items: { train: 0, test: items, shadow: 0 }, chatTemplate: 'own' }
  const judge = { model: 'grader', maxTokens: 10 }
  for (const [id, change] of [
    ['many', { benchmarks: ['counting', 'judged'], judge }],
    ['unjudged', { benchmarks: ['counting', 'judged'] }],
  ] as const)
    await writeFile(
      join(folder, 'catalog', 'protocols', `${id}.yaml`),
      JSON.stringify({ ...protocol, id, ...change }),
    )
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [ptb, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function run(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(args, env)
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  await once(child, 'close')
  return { code: child.exitCode, ...output }
}

const evaluate = (benchmark: string, ...more: string[]): string[] => {
  const { url } = server
  return [
    'evaluate',
    'm',
    '--endpoint',
    url,
    '--protocol',
    'many',
    '--benchmark',
    benchmark,
    '--json',
    ...more,
  ]
}
const withJudge = (): Record<string, string> => ({ PTB_JUDGE_URL: server.url })

const evaluatedSchema = z.array(
  z.strictObject({
    benchmark: z.string(),
    path: z.string(),
    metrics: evaluationMetricsSchema,
    refused: z.null(),
  }),
)

async function readSamples(path: string): Promise<unknown[]> {
  const { lines } = await readJsonl(join(path, 'samples.jsonl'))
  return lines.map(({ value }) => ({ ...sampleSchema.parse(value), latencyMs: 0 }))
}

describe('ptb evaluate', () => {
  it('killed ten times ends with the samples of an undisturbed one, and pays for no grade twice', async () => {
    const disturbed = evaluate('judged', '--out', 'disturbed')
    for (let kill = 1; kill <= 10; kill++) {
      const child = start(disturbed, withJudge())
      while (countSamples('disturbed') < 25 * kill && child.exitCode === null)
        await new Promise((done) => setTimeout(done, 2))
      expect(child.exitCode).toBeNull()
      child.kill('SIGKILL')
      await once(child, 'close')
    }
    expect(countSamples('disturbed')).toBeLessThan(items)
    const [resumed] = evaluatedSchema.parse(JSON.parse((await run(disturbed, withJudge())).stdout))
    const [whole] = evaluatedSchema.parse(
      JSON.parse((await run(evaluate('judged', '--out', 'whole'), withJudge())).stdout),
    )
    expect(await readSamples(resumed?.path ?? '')).toEqual(await readSamples(whole?.path ?? ''))
    expect(resumed?.metrics.test).toEqual(whole?.metrics.test)
    expect(resumed?.metrics.test).toMatchObject({ items, accuracy: 0.75, errors: 0 })
    const { lines, broken } = await readJsonl(join(resumed?.path ?? '', 'judge.jsonl'))
    const keys = lines.map(({ value }) => judgeCallSchema.parse(value).key)
    expect(new Set(keys).size).toBe(keys.length)
    expect([keys.length, broken]).toEqual([items, []])
  }, 180_000)

  it('asks nothing when the same command is repeated, and everything when a flag differs', async () => {
    const command = evaluate('counting', '--limit', '5')
    const { stdout, code } = await run(command)
    expect(code).toBe(0)
    const [first] = evaluatedSchema.parse(JSON.parse(stdout))
    expect(first?.metrics).toMatchObject({
      benchmark: 'counting',
      engine: 'remote',
      overrides: { limit: 5 },
      test: { items: 5, accuracy: 1 },
    })
    const before = server.requests.length
    expect(await run(command)).toEqual({ code: 0, stdout, stderr: '' })
    expect(server.requests.length).toBe(before)
    await run(evaluate('counting', '--limit', '5', '--max-tokens', '3'))
    expect(server.requests.length).toBe(before + 5)
  })

  it('prints a table that says what was limited, and where the samples are', async () => {
    const { stdout } = await run(evaluate('counting', '--limit', '5').filter((arg) => arg !== '--json'))
    expect(stdout).toMatch(/counting +100\.00 +± 0\.00 +5 +0 +not under the protocol/)
    expect(stdout).toMatch(/evaluations\/counting-many-[0-9a-f]{10}/)
  })

  it.each([
    ['judged', withoutJudge, 'judge/no_endpoint', 3],
    ['counting,judged', withoutJudge, 'judge/no_endpoint', 3],
    ['judged', () => ({ PTB_JUDGE_URL: 'nowhere' }), 'judge/invalid_url', 2],
    ['nothing', withoutJudge, 'benchmark/unknown', 2],
  ])('of %s fails before anything is asked: %#', async (benchmark, env, code, exit) => {
    const before = server.requests.length
    const { stderr, code: exitCode } = await run(evaluate(benchmark), env())
    expect(stderr).toContain(`(${code})`)
    expect([exitCode, server.requests.length]).toEqual([exit, before])
  })

  it.each([
    [['evaluate', 'no-such-model', '--protocol', 'nano-v1'], 'evaluate/no_model'],
    [
      ['evaluate', 'm', '--endpoint', 'nowhere', '--benchmark', 'counting', '--protocol', 'many'],
      'endpoint/invalid',
    ],
    [['evaluate', 'm', '--protocol', 'none'], 'catalog/unknown_protocol'],
    [['evaluate', 'm', '--limit', '0'], 'usage'],
    [['evaluate', 'm', '--limit', 'many'], 'usage'],
    [['evaluate', 'm', '--max-tokens', '1.5'], 'usage'],
    [['score', '--protocol', 'many', 'nothing'], 'run/not_found'],
    [['score', 'nothing'], 'usage'],
    [['score', '--protocol', 'none', 'nothing'], 'catalog/unknown_protocol'],
  ])('%j is told to be wrong', async (args, code) => {
    const { stdout, stderr, code: exit } = await run(args)
    expect(stderr).toMatch(/^error: [\s\S]*\nto fix: .+\n\(\S+\)\n$/)
    expect(stderr).toContain(`(${code})`)
    expect([stdout, exit]).toEqual(['', 2])
  })
})

function withoutJudge(): Record<string, string> {
  return {}
}

/** Of the only evaluation in a folder. */
function countSamples(out: string): number {
  try {
    const [name = ''] = readdirSync(join(folder, out))
    return readFileSync(join(folder, out, name, 'samples.jsonl'), 'utf8').split('\n').length - 1
  } catch {
    return 0
  }
}

describe('ptb score', () => {
  it('scores the stored answers again, names what changed, and writes nothing', async () => {
    const [evaluated] = evaluatedSchema.parse(
      JSON.parse((await run(evaluate('judged', '--limit', '4'), withJudge())).stdout),
    )
    const path = evaluated?.path ?? ''
    // as if it had been scored otherwise
    const file = join(path, 'samples.jsonl')
    const stored = (await readFile(file, 'utf8')).replace('"value":1', '"value":0')
    await writeFile(file, stored)
    const asked = server.requests.length
    const { stdout, code } = await run(['score', '--protocol', 'many,unjudged', path])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^judged +\S+\/judged-many-/)
    expect(stdout).toMatch(/many \(recorded\) +75\.00/)
    expect(stdout).toMatch(/unjudged +75\.00 +± \d+\.\d\d +\+0\.00 +1 +test-0 0 → 1/)
    expect(server.requests.length).toBe(asked)
    expect(await readFile(file, 'utf8')).toBe(stored)
    const json = JSON.parse((await run(['score', '--protocol', 'many', path, '--json'])).stdout)
    expect(json).toMatchObject([
      {
        path,
        recorded: { protocol: 'many' },
        rescored: [
          {
            protocol: 'many',
            metrics: { accuracy: 0.75 },
            aborted: null,
            changed: [{ key: 'test-0', before: 0, after: 1 }],
          },
        ],
      },
    ])
    await rm(join(path, 'judge.jsonl'))
    expect((await run(['score', '--protocol', 'many', path])).stderr).toContain('(judge/not_on_record)')
    await rm(join(path, 'metrics.json'))
    expect((await run(['score', '--protocol', 'many', path])).stderr).toContain('(score/unfinished)')
  })
})

describe('ptb plan', () => {
  it('warns of a judge that is not known here, and says nothing where it is', async () => {
    await mkdir(join(folder, 'agent'), { recursive: true })
    await writeFile(join(folder, 'agent', 'solve.sh'), 'true\n')
    const experiment = {
      name: 'graded',
      protocol: 'many',
      baseModels: ['nano-base'],
      benchmarks: ['judged'],
      agents: { idle: { path: 'agent' } },
      budget: { minutes: 1 },
    }
    await writeFile(join(folder, 'graded.yaml'), JSON.stringify(experiment))
    const { stdout, code } = await run(['plan', 'graded.yaml'])
    expect(stdout).toMatch(
      /^warning: judged is graded by grader, and no endpoint is known\. Set .*PTB_JUDGE_URL/m,
    )
    expect(code).toBe(0)
    expect((await run(['plan', 'graded.yaml'], withJudge())).stdout).not.toContain('warning')
    const warned: unknown = JSON.parse((await run(['plan', 'graded.yaml', '--json'])).stdout)
    expect(warned).toMatchObject({ warnings: [expect.stringContaining('judged is graded by grader')] })
  })
})

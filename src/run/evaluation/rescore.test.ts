import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { arenahardwriting } from '../../benchmarks/arenahardwriting/index.ts'
import { gsm8k } from '../../benchmarks/gsm8k/index.ts'
import { humaneval } from '../../benchmarks/humaneval/index.ts'
import type { Benchmark, Item } from '../../domain/benchmark.ts'
import type { Sample } from '../../domain/evaluation.ts'
import type { Programs } from '../../domain/scoring.ts'
import { createJsonClient } from '../../lib/http-json.ts'
import { startFakeJudge } from '../../../test/fakes/judge.ts'
import { readCatalog } from '../catalog.ts'
import { createJudge } from './judge.ts'
import { rescore, type Rescored } from './rescore.ts'
import { scoreOutput } from './ask.ts'
import { createScoringTools } from './scoring-tools.ts'

const catalog = await readCatalog()
const signal = new AbortController().signal

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-rescore-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const eighteen: Item = { id: 'a', messages: [], target: '18', fingerprints: [] }

function sample(output: string, more: Partial<Sample> = {}): Sample {
  return {
    set: 'test',
    id: 'a',
    pass: 1,
    seed: 1,
    messages: [],
    output,
    finishReason: 'stop',
    promptTokens: 1,
    completionTokens: 1,
    answer: null,
    target: '18',
    value: 0,
    latencyMs: 1,
    ...more,
  }
}

const noPrograms: Programs = { run: () => Promise.reject(), check: () => Promise.reject() }

function under(
  protocol: string,
  samples: readonly Sample[],
  more: {
    readonly benchmark?: Benchmark
    readonly items?: readonly Item[]
    readonly programs?: Programs
  } = {},
): Promise<Rescored> {
  return rescore({
    path: folder,
    benchmark: gsm8k,
    protocol: catalog.protocol(protocol),
    items: [eighteen],
    samples,
    programs: noPrograms,
    signal,
    ...more,
  })
}

describe('what the protocols make of one answer to 18', () => {
  const overflow = "This model's maximum context length is 18"
  it.each([
    ['a number that ends with the target', sample('ANSWER: 118'), { 'v1.0': 1, 'v1.2': 0, corrected: 0 }],
    ['decimals that do', sample('ANSWER: 12.18'), { 'v1.0': 1, 'v1.2': 0, corrected: 0 }],
    ['the target', sample('ANSWER: 18', { value: 1 }), { 'v1.0': 1, 'v1.2': 1, corrected: 1 }],
    [
      'an overflow that was recorded as one',
      sample('', { finishReason: 'context_overflow', error: overflow }),
      { 'v1.0': 1, 'v1.2': 1, corrected: 0 },
    ],
    [
      'an overflow whose message was scored',
      sample(overflow, { finishReason: 'context_overflow', value: 1 }),
      { 'v1.0': 1, 'v1.2': 1, corrected: 0 },
    ],
  ] as const)('%s', async (_, given, expected) => {
    for (const [protocol, value] of Object.entries(expected)) {
      const { metrics, changed } = await under(protocol, [given])
      expect([protocol, metrics?.accuracy]).toEqual([protocol, value])
      expect(changed).toEqual(value === given.value ? [] : [{ key: 'a', before: given.value, after: value }])
    }
  })
})

it('ends where the rules end an evaluation, and says at which answer', async () => {
  const refused = sample('', { finishReason: 'error', error: 'HTTP 400' })
  expect(await under('v1.0', [refused])).toMatchObject({ metrics: null, aborted: 'a: HTTP 400' })
  expect(await under('corrected', [refused])).toMatchObject({
    metrics: { accuracy: 0, errors: 1 },
    aborted: null,
    changed: [],
  })
})

it('names the pass of an answer that was asked more than once', async () => {
  const { changed } = await under('v1.0', [sample('118'), sample('118', { pass: 2 })])
  expect(changed.map(({ key }) => key)).toEqual(['a', 'a (pass 2)'])
})

it('does not score against items that have changed', async () => {
  const code = { code: 'score/items_changed' }
  await expect(under('v1.0', [sample('18')], { items: [] })).rejects.toMatchObject(code)
  const other = [{ ...eighteen, target: '19' }]
  await expect(under('v1.0', [sample('18')], { items: other })).rejects.toMatchObject(code)
})

it('executes programs anew: one that exits early passes by its exit code only', async () => {
  const task: Item = {
    ...eighteen,
    metadata: {
      task_id: 'a',
      prompt: 'def f():\n',
      canonical_solution: '    return 1\n',
      test: 'def check(f):\n    assert f() == 1\n',
      entry_point: 'f',
    },
  }
  const programs: Programs = {
    run: async () => ({
      exitCode: 0,
      stdout: Buffer.alloc(0),
      stderr: Buffer.alloc(0),
      exceeded: null,
      unscorable: null,
    }),
    check: async () => ({ passed: false, why: 'it exited' }),
  }
  const exits = [sample('    import sys; sys.exit(0)\n')]
  const more = { benchmark: humaneval, items: [task], programs }
  expect((await under('v1.0', exits, more)).metrics?.accuracy).toBe(1)
  expect((await under('corrected', exits, more)).metrics?.accuracy).toBe(0)
})

describe("a judge's replies", () => {
  const request: Item = {
    id: 'a',
    messages: [{ role: 'user', content: 'Write.' }],
    target: 'the other text',
    fingerprints: [],
  }
  const written = (value: number): Sample => sample('my text', { target: request.target, value })
  const options = { benchmark: arenahardwriting, items: [request] }

  /** Grades as an evaluation does, and leaves its record. */
  async function grade(verdict: string): Promise<number> {
    await using server = await startFakeJudge(() => verdict)
    using client = createJsonClient({ url: server.url.replace('/v1', '') })
    const log = join(folder, 'judge.jsonl')
    using judge = await createJudge({ client, model: 'g', maxTokens: 9, log, signal })
    const rules = catalog.protocol('corrected').scoring
    const tools = createScoringTools({ rules, signal, judge })
    const question = { set: 'test', item: request, id: 'a', pass: 1 } as const
    const { value } = await scoreOutput(question, { text: 'my text' }, { benchmark: arenahardwriting, tools })
    return value
  }

  it('are read from the record', async () => {
    const value = await grade('[[A>>B]]')
    expect(value).toBe(0.5) // it lost one game and won the other, both clearly
    const { metrics, changed } = await under('v1.0', [written(value)], options)
    expect([metrics?.accuracy, changed]).toEqual([0.5, []])
  })

  it('without a known verdict are left out, or end the evaluation', async () => {
    await grade('[[A]]')
    expect((await under('corrected', [written(0)], options)).metrics).toMatchObject({
      details: { unjudged: 1 },
      errors: 0,
    })
    expect((await under('v1.2', [written(0)], options)).metrics).toMatchObject({ accuracy: 0, errors: 1 })
    expect((await under('v1.0', [written(0)], options)).aborted).toContain('KeyError')
  })

  it('that are not on record are an error, and no zero', async () => {
    const missing = { code: 'judge/not_on_record' }
    await expect(under('corrected', [written(1)], options)).rejects.toMatchObject(missing)
    await writeFile(join(folder, 'judge.jsonl'), '')
    await expect(under('corrected', [written(1)], options)).rejects.toMatchObject(missing)
  })
})

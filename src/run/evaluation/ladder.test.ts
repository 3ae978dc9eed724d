import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Benchmark } from '../../domain/benchmark.ts'
import type { EvaluationMetrics } from '../../domain/evaluation.ts'
import { protocolSchema, type Protocol } from '../../domain/protocol.ts'
import { remote } from '../../engines/remote.ts'
import { readJsonl } from '../../lib/jsonl.ts'
import { host } from '../../sandboxes/host.ts'
import { countingBenchmark, countingProtocol } from '../../../test/fakes/benchmark.ts'
import { createFakeHarness } from '../../../test/fakes/harness.ts'
import { refuse, startFakeJudge, type FakeJudge } from '../../../test/fakes/judge.ts'
import { readCatalog } from '../catalog.ts'
import { hashItems, loadItems } from '../items.ts'
import { evaluateCheckpoint, type DoesNotLoad } from '../phases/evaluate.ts'
import { applyConditions, readAborted } from './ladder.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-ladder-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** An answer that is a word makes its scorer fail. */
const brittle: Benchmark = {
  ...countingBenchmark,
  score: (item, output) =>
    /^\d+$/.test(output.text)
      ? countingBenchmark.score(item, output)
      : { value: 0, answer: null, error: 'not a number' },
}

/** As many attempts as v1.0 has, with its rules. */
const published: Protocol = protocolSchema.parse({
  ...countingProtocol,
  items: { train: 0, test: 8, shadow: 0 },
  sampling: { seeds: [0], requestSeeds: 'none' },
  ladder: [
    { attempts: 4 },
    { attempts: 3, maxTokens: { counting: 3 } },
    { attempts: 2, maxTokens: { counting: 2 } },
  ],
  scoring: { failingSample: 'abort' },
})

async function evaluate(
  { url }: Pick<FakeJudge, 'url'>,
  more: { readonly fewShot?: number; readonly overrides?: EvaluationMetrics['overrides'] } = {},
): Promise<EvaluationMetrics | DoesNotLoad> {
  const harness = { ...createFakeHarness(folder), benchmarks: [brittle], engines: [remote] }
  const items = await loadItems(harness, brittle, published)
  return await evaluateCheckpoint({
    harness,
    path: join(folder, 'evaluation'),
    modelPath: '',
    modelHash: 'm',
    baseModelPath: '',
    benchmark: { id: brittle.id, version: 1, itemsHash: hashItems(items) },
    protocol: published,
    protocolHash: 'p',
    engine: 'remote',
    endpoint: { endpoint: { url, key: null }, model: 'm' },
    sandbox: host,
    flags: (await host.probe()).flags,
    user: null,
    limits: {},
    fewShot: 0,
    sets: ['test'],
    signal: new AbortController().signal,
    ...more,
  })
}

const question = (body: FakeJudge['requests'][number]): string => body.messages.at(-1)?.content ?? ''
const answer = (body: FakeJudge['requests'][number]): string => question(body).split(' ').at(-1) ?? ''

describe('the ladder of attempts', () => {
  it('ends after nine, with fewer tokens from the fifth and the eighth on, as no model', async () => {
    await using server = await startFakeJudge((body) => (answer(body) === '3' ? 'three' : answer(body)))
    expect(await evaluate(server)).toEqual({
      refused: {
        reason: 'no_model/evaluation_aborted',
        detail: 'test/1/test-3 cannot be scored: not a number',
      },
    })
    const limits = server.requests
      .filter((body) => answer(body) === '3')
      .map(({ max_tokens: tokens }) => tokens)
    expect(limits).toEqual([4, 4, 4, 4, 3, 3, 3, 2, 2])
    const kept = (await readdir(join(folder, 'evaluation'))).filter((name) => name.startsWith('samples'))
    expect(kept.sort()).toEqual(Array.from({ length: 9 }, (_, index) => `samples.aborted-${index + 1}.jsonl`))
    await evaluate(server)
    expect(server.requests.filter((body) => answer(body) === '3')).toHaveLength(9)
  })

  it('says which attempt gave the score, under which limit, and why the others did not', async () => {
    await using server = await startFakeJudge((body) =>
      answer(body) === '3' && body.max_tokens === 4 ? 'three' : answer(body),
    )
    expect(await evaluate(server)).toMatchObject({
      test: { accuracy: 1, items: 8 },
      attempt: 5,
      maxTokens: 3,
      aborted: Array.from({ length: 4 }, () => 'test/1/test-3 cannot be scored: not a number'),
    })
  })

  it('goes on in the middle: neither attempts nor answers are had twice', async () => {
    await using failing = await startFakeJudge((body, call) =>
      call > 12 ? refuse(401, 'the key has expired') : call === 4 ? 'three' : answer(body),
    )
    await expect(evaluate(failing)).rejects.toMatchObject({
      code: 'endpoint/failed',
      message: expect.stringContaining('the key has expired'),
    })
    const kept = (await readJsonl(join(folder, 'evaluation', 'samples.jsonl'))).lines.length
    await using mended = await startFakeJudge(answer)
    expect(await evaluate(mended)).toMatchObject({ attempt: 2, test: { accuracy: 1, errors: 0 } })
    expect(mended.requests).toHaveLength(8 - kept)
    expect(kept).toBeGreaterThan(0)
  })

  it('begins the next attempt without the samples of the last, also when a crash left them in their place', async () => {
    await mkdir(join(folder, 'evaluation'))
    await writeFile(join(folder, 'evaluation', 'aborted.jsonl'), '{"attempt":1,"reason":"x"}\n')
    await writeFile(join(folder, 'evaluation', 'samples.jsonl'), '{"set":"test","id":"test-0"}\n')
    expect(await readAborted(join(folder, 'evaluation'))).toEqual(['x'])
    await using server = await startFakeJudge(answer)
    expect(await evaluate(server)).toMatchObject({ attempt: 2, aborted: ['x'] })
    expect(server.requests).toHaveLength(8)
  })

  it('gives way to a limit of the operator, which the score tells', async () => {
    await using server = await startFakeJudge(answer)
    expect(await evaluate(server, { overrides: { limit: 2, maxTokens: 1 } })).toMatchObject({
      test: { items: 2 },
      maxTokens: 1,
      overrides: { limit: 2, maxTokens: 1 },
    })
  })
})

it('has examples for the few-shot baseline also where agents get no training items', async () => {
  await using server = await startFakeJudge(answer)
  await evaluate(server, { fewShot: 2 })
  expect(server.requests[0]?.messages.map(({ content }) => content)).toEqual([
    'question train 0',
    '0',
    'question train 1',
    '1',
    expect.stringContaining('question test'),
  ])
})

describe('the sampling of an evaluation', async () => {
  const corrected = (await readCatalog()).protocol('corrected')
  const seedsWith = async (config: string | null): Promise<number> => {
    if (config !== null) await writeFile(join(folder, 'generation_config.json'), config)
    const conditions = { attempt: 1, fewShot: 0, modelPath: folder }
    return (await applyConditions(corrected, conditions, 'gsm8k')).sampling.seeds.length
  }

  it.each([
    ['greedy', '{"temperature":0}', 1],
    ['greedy by a setting that engines ignore', '{"do_sample":false}', 5],
    ['warm', '{"temperature":0.6}', 5],
    ['silent', null, 5],
    ['broken', '{"temperature":', 5],
    ['of another kind', '{"temperature":"0"}', 5],
  ])('of a model whose settings are %s: passes', async (_, config, passes) => {
    expect(await seedsWith(config)).toBe(passes)
  })

  it('of the few-shot baseline is its own, and so one pass does not do', async () => {
    await writeFile(join(folder, 'generation_config.json'), '{"temperature":0}')
    const { sampling } = await applyConditions(
      corrected,
      { attempt: 1, fewShot: 10, modelPath: folder },
      'gsm8k',
    )
    expect(sampling).toMatchObject({ temperature: 0.6, topP: 0.95, requestSeeds: 'per_sample' })
    expect(sampling.seeds).toEqual(corrected.fewShotSampling?.seeds)
  })
})

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Item } from '../../domain/benchmark.ts'
import type { EvaluationMetrics } from '../../domain/evaluation.ts'
import { CompletionUnavailable } from '../../lib/chat-completions.ts'
import { createJsonClient } from '../../lib/http-json.ts'
import { countingBenchmark, countingProtocol } from '../../../test/fakes/benchmark.ts'
import { startFakeEngine, type FakeEngine } from '../../../test/fakes/engine.ts'
import { scoringTools } from '../../../test/fakes/scoring.ts'
import { itemCounts } from '../../domain/protocol.ts'
import { runEvaluation, type EvaluationOptions } from './evaluation.ts'

async function folder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ptb-evaluation-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function evaluate(
  path: string,
  engine: FakeEngine,
  { fewShot = 0, ...more }: Partial<EvaluationOptions> = {},
): Promise<EvaluationMetrics> {
  using client = createJsonClient({ socketPath: engine.socketPath })
  return await runEvaluation({
    path,
    benchmark: countingBenchmark,
    protocol: countingProtocol,
    items: await countingBenchmark.load({ counts: itemCounts(countingProtocol) }),
    sets: ['test', 'shadow'],
    fewShot,
    subject: { modelHash: 'm', engine: 'fake', sandbox: 'none', protocolHash: 'p' },
    tools: scoringTools,
    client,
    modelName: 'm',
    concurrency: 3,
    signal: AbortSignal.timeout(20_000),
    ...more,
  })
}

const lastNumber = (question: string): string => question.split(' ').at(-1) ?? ''

it('scores test and shadow set apart and keeps every sample', async () => {
  await using at = await folder()
  await using engine = await startFakeEngine((question) =>
    question.includes('test 3') ? 'no idea' : lastNumber(question),
  )
  const metrics = await evaluate(at.path, engine)
  expect(metrics.test).toMatchObject({ items: 8, accuracy: 7 / 8, errors: 0 })
  // Sample standard deviation of seven ones and a zero, over the root of eight.
  expect(metrics.test.stderr).toBeCloseTo(0.125, 12)
  expect(metrics.shadow).toMatchObject({ items: 4, accuracy: 1 })
  const samples = (await readFile(join(at.path, 'samples.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(samples.map(({ set, id, value }) => `${set} ${id} ${value}`)).toEqual([
    ...Array.from({ length: 8 }, (_, index) => `test test-${index} ${index === 3 ? 0 : 1}`),
    ...Array.from({ length: 4 }, (_, index) => `shadow shadow-${index} 1`),
  ])
})

it('counts a refused sample as an error that scores 0, and goes on', async () => {
  await using at = await folder()
  await using engine = await startFakeEngine((question) =>
    question.endsWith('test 0') ? 400 : lastNumber(question),
  )
  expect((await evaluate(at.path, engine)).test).toMatchObject({ items: 8, accuracy: 7 / 8, errors: 1 })
})

it('goes on with what is missing after the server died, and ends with the files of an undisturbed evaluation', async () => {
  await using disturbed = await folder()
  await using undisturbed = await folder()
  await using dying = await startFakeEngine((question, call) => (call > 5 ? null : lastNumber(question)))
  await expect(evaluate(disturbed.path, dying)).rejects.toThrow(CompletionUnavailable)
  await using engine = await startFakeEngine(lastNumber)
  await evaluate(disturbed.path, engine)
  expect(engine.requests.length).toBeLessThan(12)
  await using whole = await startFakeEngine(lastNumber)
  await evaluate(undisturbed.path, whole)
  const withoutTimes = async (path: string): Promise<unknown[]> =>
    (await readFile(join(path, 'samples.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => ({ ...JSON.parse(line), latencyMs: 0 }))
  expect(await withoutTimes(disturbed.path)).toEqual(await withoutTimes(undisturbed.path))
})

it('asks nothing again when only the metrics are missing', async () => {
  await using at = await folder()
  await using engine = await startFakeEngine(lastNumber)
  await evaluate(at.path, engine)
  const asked = engine.requests.length
  await rm(join(at.path, 'metrics.json'))
  await evaluate(at.path, engine)
  expect(engine.requests.length).toBe(asked)
})

it('drops a torn last sample and asks for it again', async () => {
  await using at = await folder()
  await writeFile(join(at.path, 'samples.jsonl'), '{"set":"test","id":"test-0","se')
  await using engine = await startFakeEngine(lastNumber)
  expect((await evaluate(at.path, engine)).test.items).toBe(8)
})

it('puts the few-shot examples in front as earlier turns, taken from the training items', async () => {
  await using at = await folder()
  await using engine = await startFakeEngine(lastNumber)
  await evaluate(at.path, engine, { fewShot: 2 })
  expect(engine.requests[0]).toMatchObject({
    temperature: 0,
    max_tokens: 4,
    messages: [
      { role: 'user', content: 'question train 0' },
      { role: 'assistant', content: '0' },
      { role: 'user', content: 'question train 1' },
      { role: 'assistant', content: '1' },
      { role: 'user' },
    ],
  })
})

it('asks every item once per seed, and takes the mean over items of the mean over passes', async () => {
  await using at = await folder()
  const protocol = {
    ...countingProtocol,
    sampling: { ...countingProtocol.sampling, temperature: 1, seeds: [5, 6] },
  }
  const seen = new Map<string, number>()
  await using engine = await startFakeEngine((question) => {
    seen.set(question, (seen.get(question) ?? 0) + 1)
    // right in one of two passes
    return question.endsWith('test 0') && seen.get(question) === 1 ? 'no idea' : lastNumber(question)
  })
  const metrics = await evaluate(at.path, engine, { protocol, sets: ['test'] })
  expect(metrics.test).toMatchObject({ items: 8, accuracy: (7 + 0.5) / 8 })
  // Seven ones and a half: the passes of an item are no further items.
  expect(metrics.test.stderr).toBeCloseTo(0.0625, 12)
  expect(metrics.seeds).toEqual([5, 6])
  expect(new Set(metrics.passes)).toEqual(new Set([7 / 8, 1]))
  const seeds = engine.requests.map((request) => (request as { seed: number }).seed) // sent by us
  expect(new Set(seeds).size).toBe(16)
})

it('asks cut items of both sets apart, and they do not touch the score', async () => {
  await using at = await folder()
  const benchmark = {
    ...countingBenchmark,
    probe: {
      cut: (item: Item): Item => ({ ...item, messages: [{ role: 'user', content: `cut ${item.id}` }] }),
      chance: 0.1,
    },
  }
  await using engine = await startFakeEngine((question) =>
    question === 'cut test-1' ? '1' : question.startsWith('cut') ? 'no idea' : lastNumber(question),
  )
  const metrics = await evaluate(at.path, engine, {
    benchmark,
    sets: ['test', 'shadow', 'test_probe', 'shadow_probe'],
  })
  expect(metrics.test).toMatchObject({ items: 8, accuracy: 1 })
  expect(metrics.probe).toMatchObject({
    chance: 0.1,
    test: { items: countingProtocol.probeItems, accuracy: 1 / 2 },
    shadow: { items: countingProtocol.probeItems, accuracy: 0 },
  })
})

it('has no probe where the benchmark cannot cut its items', async () => {
  await using at = await folder()
  await using engine = await startFakeEngine(lastNumber)
  const metrics = await evaluate(at.path, engine, {
    sets: ['test', 'shadow', 'test_probe', 'shadow_probe'],
  })
  expect(metrics.probe).toBeNull()
  expect(engine.requests).toHaveLength(12)
})

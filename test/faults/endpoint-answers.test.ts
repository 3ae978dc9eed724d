import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EvaluationMetrics } from '../../src/domain/evaluation.ts'
import { remote } from '../../src/engines/remote.ts'
import { hashItems, loadItems } from '../../src/run/items.ts'
import { evaluateCheckpoint } from '../../src/run/phases/evaluate.ts'
import { host } from '../../src/sandboxes/host.ts'
import { countingBenchmark, countingProtocol } from '../fakes/benchmark.ts'
import { createFakeHarness } from '../fakes/harness.ts'
import { complete, refuse, startFakeJudge } from '../fakes/judge.ts'

/** All eight items, of which the fourth or all are answered so. */
async function evaluate(
  which: 'one' | 'all',
  bad: (response: ServerResponse) => void,
): Promise<{ readonly metrics: EvaluationMetrics; readonly samples: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ptb-endpoint-'))
  await using server = await startFakeJudge(({ messages }) => {
    const number = messages.at(-1)?.content.split(' ').at(-1) ?? ''
    return which === 'all' || number === '3' ? bad : number
  })
  const harness = { ...createFakeHarness(path), engines: [remote] }
  try {
    const end = await evaluateCheckpoint({
      harness,
      path,
      modelPath: '',
      modelHash: 'm',
      baseModelPath: '',
      benchmark: {
        id: 'counting',
        version: 1,
        itemsHash: hashItems(await loadItems(harness, countingBenchmark, countingProtocol)),
      },
      protocol: countingProtocol,
      protocolHash: 'p',
      engine: 'remote',
      endpoint: { endpoint: { url: server.url, key: null }, model: 'm' },
      sandbox: host,
      flags: (await host.probe()).flags,
      user: null,
      limits: {},
      fewShot: 0,
      sets: ['test'],
      signal: new AbortController().signal,
    })
    if ('refused' in end) throw new Error(end.refused.detail)
    return { metrics: end, samples: await readFile(join(path, 'samples.jsonl'), 'utf8') }
  } finally {
    await rm(path, { recursive: true, force: true })
  }
}

const say =
  (text: string) =>
  (response: ServerResponse): void =>
    void response.end(text)

// Most are asked again, later and later: all wait together.
describe('bad answers of an endpoint', { concurrent: true, timeout: 120_000 }, () => {
  it.each([
    ['a page instead of JSON', say('<!doctype html><title>Login</title>'), 'holds no choice with a text'],
    ['no choices', say('{"choices":[]}'), 'holds no choice with a text'],
    [
      'NaN among the log probabilities',
      say('{"choices":[{"message":{"content":"7"},"logprobs":{"content":[NaN]}}]}'),
      'holds no choice with a text',
    ],
    ['a wrong model name', refuse(404, 'the model `m` does not exist'), 'the model `m` does not exist'],
    ['a key that has expired', refuse(401, 'expired'), 'expired'],
    ['an overflow for every prompt', refuse(400, 'maximum context length is 1'), 'every request was refused'],
    ['a refusal of every prompt', refuse(400, 'unknown field'), 'unknown field'],
  ])('%s is a named error', async (_, bad, message) => {
    await expect(evaluate('all', bad)).rejects.toMatchObject({
      name: 'BenchError',
      code: 'endpoint/failed',
      message: expect.stringContaining(message),
    })
  })

  it.each([
    ['a text that is null', complete(null), 'the answer holds no text'],
    ['an overflow', refuse(400, 'maximum context length is 1'), 'maximum context length is 1'],
    ['a refusal', refuse(400, 'content policy'), 'content policy'],
  ])('%s among good ones is a counted sample', async (_, bad, error) => {
    const { metrics, samples } = await evaluate('one', bad)
    expect(metrics.test).toMatchObject({ items: 8, errors: 1, accuracy: 7 / 8 })
    expect(samples).toContain(`"error":"${error}"`)
  })
})

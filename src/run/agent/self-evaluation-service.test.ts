import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { countingBenchmark, countingProtocol } from '../../../test/fakes/benchmark.ts'
import { scoringTools } from '../../../test/fakes/scoring.ts'
import type { Benchmark } from '../../domain/benchmark.ts'
import { BenchError } from '../../domain/error.ts'
import type { SelfEvaluation } from '../../domain/evaluation.ts'
import { itemCounts, type Protocol } from '../../domain/protocol.ts'
import { sha256 } from '../../lib/hash.ts'
import { createJsonClient, type JsonClient } from '../../lib/http-json.ts'
import { createSelfEvaluationService } from './self-evaluation-service.ts'

interface Setup extends AsyncDisposable {
  readonly client: JsonClient
  readonly recorded: SelfEvaluation[]
  readonly troubles: string[]
}

async function start(
  samples: Protocol['selfEvaluation']['samples'] = 'full',
  benchmark: Benchmark = countingBenchmark,
): Promise<Setup> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-service-'))
  const socketPath = join(folder, 'service.sock')
  const protocol = { ...countingProtocol, selfEvaluation: { samples } }
  const { test } = await countingBenchmark.load({ counts: itemCounts(protocol) })
  const recorded: SelfEvaluation[] = []
  const troubles: string[] = []
  const service = await createSelfEvaluationService({
    socketPath,
    benchmark,
    protocol,
    test,
    tools: scoringTools,
    readyTimeoutMs: 1000,
    concurrency: 2,
    engineCommand: ({ modelPath, port }) => ({ argv: ['serve', modelPath, String(port)], env: {} }),
    timer: () => ({ remainingMs: 5000, budgetMs: 60_000 }),
    elapsedMs: () => 55_000,
    record: (evaluation) => recorded.push(evaluation),
    onTrouble: ({ message }) => troubles.push(message),
  })
  const client = createJsonClient({ socketPath })
  return {
    client,
    recorded,
    troubles,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await service[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const order = { model: 'final_model', modelPath: '/home/agent/final_model', port: 9000, limit: 3 }
const outputs = {
  outputs: [
    { id: 'test-0', text: '0', finishReason: 'stop' },
    { id: 'test-1', text: 'seven', finishReason: 'stop' },
  ],
}

it('hands out requests without answers and scores what comes back', async () => {
  await using service = await start()
  const assignment = await service.client.send('POST', '/evaluations', order)
  expect(assignment.status).toBe(200)
  expect(assignment.body).toMatchObject({ id: '1', engine: { argv: ['serve', order.modelPath, '9000'] } })
  expect(assignment.text).not.toContain('target')
  const reply = await service.client.send('POST', '/evaluations/1/outputs', outputs)
  expect(reply.body).toMatchObject({ items: 3, accuracy: 1 / 3, errors: 1 })
})

it('records every self-evaluation with the hashes of what it handed out', async () => {
  await using service = await start()
  await service.client.send('POST', '/evaluations', order)
  const { body } = await service.client.send('POST', '/evaluations/1/outputs', outputs)
  const { summaryFile, samplesFile } = body as { summaryFile: string; samplesFile: string } // as asserted above
  expect(service.recorded).toMatchObject([{ elapsedMs: 55_000, model: 'final_model', items: 3 }])
  expect(service.recorded[0]?.handedOut).toEqual([sha256(summaryFile), sha256(samplesFile)])
})

it.each([
  ['full', ['answer', 'id', 'messages', 'output', 'target', 'value']],
  ['scores', ['id', 'value']],
] as const)('gives samples as the protocol says: %s', async (samples, keys) => {
  await using service = await start(samples)
  await service.client.send('POST', '/evaluations', order)
  const { body } = await service.client.send('POST', '/evaluations/1/outputs', outputs)
  const { samplesFile } = body as { samplesFile: string } // as asserted above
  expect(Object.keys(JSON.parse(samplesFile.split('\n')[0] ?? '')).sort()).toEqual(keys)
})

it('gives no samples where the protocol says none', async () => {
  await using service = await start('none')
  await service.client.send('POST', '/evaluations', order)
  expect((await service.client.send('POST', '/evaluations/1/outputs', outputs)).body).toMatchObject({
    samplesFile: null,
  })
})

it('scores an evaluation once: outputs cannot be sent again', async () => {
  await using service = await start()
  await service.client.send('POST', '/evaluations', order)
  await service.client.send('POST', '/evaluations/1/outputs', outputs)
  expect((await service.client.send('POST', '/evaluations/1/outputs', outputs)).status).toBe(404)
})

it.each([
  ['POST', '/evaluations', { ...order, port: 'x' }, 400],
  ['POST', '/evaluations', { ...order, limit: -5 }, 400],
  ['POST', '/evaluations/99/outputs', outputs, 404],
  ['POST', '/evaluations/__proto__/outputs', outputs, 404],
  ['GET', '/answers', undefined, 404],
] as const)('refuses %s %s with %j', async (method, path, body, status) => {
  await using service = await start()
  expect((await service.client.send(method, path, body)).status).toBe(status)
})

it('tells the time', async () => {
  await using service = await start()
  expect((await service.client.send('GET', '/timer')).body).toEqual({ remainingMs: 5000, budgetMs: 60_000 })
})

it('scores the tool calls that an engine read out of the text, and records them with the samples', async () => {
  const calling = {
    ...countingBenchmark,
    score: (_: unknown, { toolCalls }: { toolCalls?: readonly { name: string }[] }) => ({
      value: toolCalls?.length ?? 0,
      answer: toolCalls?.[0]?.name ?? null,
    }),
  }
  await using service = await start('full', calling)
  await service.client.send('POST', '/evaluations', order)
  const toolCalls = [{ name: 'f', arguments: '{}' }]
  const { body } = await service.client.send('POST', '/evaluations/1/outputs', {
    outputs: [{ id: 'test-0', text: '', toolCalls, finishReason: 'tool_calls' }],
  })
  expect(body).toMatchObject({ accuracy: 1 / 3 })
  const { samplesFile } = body as { samplesFile: string } // as asserted above
  expect(JSON.parse(samplesFile.split('\n')[0] ?? '')).toMatchObject({ toolCalls, answer: 'f' })
})

it('counts as the benchmark does, and leaves to the scorer only what was answered', async () => {
  const scored: string[] = []
  await using service = await start('full', {
    ...countingBenchmark,
    score: ({ id }) => {
      scored.push(id)
      return { value: 1, answer: null, details: { weight: 3 } }
    },
    summarise: (samples) => ({ accuracy: samples.length / 10, stderr: 0.5 }),
  })
  await service.client.send('POST', '/evaluations', order)
  const reply = await service.client.send('POST', '/evaluations/1/outputs', outputs)
  expect(reply.body).toMatchObject({
    items: 3,
    accuracy: expect.closeTo((0.2 * 2) / 3, 12),
    stderr: 0.5,
    errors: 1,
  })
  expect(scored).toEqual(['test-0', 'test-1'])
})

it('tells the operator what went wrong with a judge, and the agent only that something did', async () => {
  await using service = await start('full', {
    ...countingBenchmark,
    score: () =>
      Promise.reject(
        new BenchError('HTTP 401 at judge.example', { code: 'judge/refused', kind: 'environment' }),
      ),
  })
  await service.client.send('POST', '/evaluations', order)
  const { status, text } = await service.client.send('POST', '/evaluations/1/outputs', outputs)
  expect([status, JSON.parse(text)]).toEqual([503, { error: 'answers cannot be scored now' }])
  expect(service.troubles).toEqual(['HTTP 401 at judge.example'])
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { protocolSchema } from '../../domain/protocol.ts'
import { countingBenchmark, countingProtocol } from '../../../test/fakes/benchmark.ts'
import { startFakeJudge } from '../../../test/fakes/judge.ts'
import { assertJudge, openJudge } from './scoring-tools.ts'

const judged = { ...countingBenchmark, needs: ['judge'] } as const
const protocol = protocolSchema.parse({ ...countingProtocol, judge: { model: 'grader', maxTokens: 100 } })
const access = (url: string) => ({ connection: { url, headers: { authorization: 'Bearer k' } }, prices: [] })

it('says before anything is spent that there is no judge', () => {
  expect(() => assertJudge({ benchmark: judged, protocol, access: null })).toThrow(
    expect.objectContaining({ code: 'judge/no_endpoint', remedy: expect.stringContaining('PTB_JUDGE_URL') }),
  )
  expect(() =>
    assertJudge({ benchmark: judged, protocol: countingProtocol, access: access('http://x') }),
  ).toThrow(expect.objectContaining({ code: 'protocol/no_judge' }))
})

it('asks for none where none is needed', async () => {
  const options = { benchmark: countingBenchmark, protocol: countingProtocol, access: null }
  expect(assertJudge(options)).toBeNull()
  const { signal } = new AbortController()
  expect(await openJudge({ ...options, log: '/nowhere/judge.jsonl', signal })).toBeNull()
})

it('meters tokens, and has no price for a model that the catalogue does not know', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-tools-'))
  await using server = await startFakeJudge(() => 'yes')
  const url = server.url.replace('/v1', '')
  const log = join(folder, 'judge.jsonl')
  const { signal } = new AbortController()
  using opened = await openJudge({ benchmark: judged, protocol, access: access(url), log, signal })
  await opened?.judge.ask({ key: 'a', messages: [], maxTokens: 5, attempts: 1, waitsMs: [1] })
  expect(await opened?.use()).toEqual({
    model: 'grader',
    endpoint: new URL(url).host,
    answeredBy: ['grader-2025-08-07'],
    calls: 1,
    unusable: 0,
    promptTokens: 100,
    completionTokens: 10,
    costUsd: null,
  })
  expect(server.headers[0]?.authorization).toBe('Bearer k')
  await rm(folder, { recursive: true })
})

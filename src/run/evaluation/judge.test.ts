import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Judge, JudgeRequest } from '../../domain/scoring.ts'
import { createJsonClient } from '../../lib/http-json.ts'
import { readJsonl } from '../../lib/jsonl.ts'
import { complete, refuse, startFakeJudge, type FakeJudge } from '../../../test/fakes/judge.ts'
import { createJudge, type JudgeOptions } from './judge.ts'
import { createRecordedJudge, judgeCallSchema, readJudgeUse } from './judge-record.ts'

let folder = ''
let log = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-judge-'))
  log = join(folder, 'judge.jsonl')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function open(
  { url }: Pick<FakeJudge, 'url'>,
  more: Partial<JudgeOptions> = {},
): Promise<Judge & Disposable> {
  const client = createJsonClient({ url: url.replace('/v1', '') })
  const judge = await createJudge({
    client,
    model: 'grader',
    maxTokens: 1000,
    log,
    signal: new AbortController().signal,
    ...more,
  })
  return {
    ask: (request) => judge.ask(request),
    [Symbol.dispose]() {
      judge[Symbol.dispose]()
      client[Symbol.dispose]()
    },
  }
}

const question: JudgeRequest = {
  key: 'test/1/a/game-1',
  messages: [{ role: 'user', content: 'Is it good?' }],
  maxTokens: 5000,
  attempts: 3,
  waitsMs: [1],
  isUsable: (text) => text.startsWith('yes') || text.startsWith('no'),
}

async function calls(): Promise<
  { attempt: number; status: number; usable: boolean; final: boolean; reply: string | null; error: string }[]
> {
  return (await readJsonl(log)).lines.map(({ value }) => {
    const { attempt, status, usable, final, reply, error = '' } = judgeCallSchema.parse(value)
    return { attempt, status, usable, final, reply, error }
  })
}

it('sends the request of the protocol, and stores call and reply', async () => {
  await using server = await startFakeJudge(() => 'yes')
  using judge = await open(server)
  expect(await judge.ask({ ...question, reasoningEffort: 'medium' })).toBe('yes')
  expect(server.requests).toEqual([
    {
      model: 'grader',
      messages: question.messages,
      max_completion_tokens: 1000,
      reasoning_effort: 'medium',
    },
  ])
  expect((await readJsonl(log)).lines.map(({ value }) => value)).toMatchObject([
    { key: question.key, messages: question.messages, reply: 'yes', usable: true, final: true },
  ])
  expect(await readJudgeUse(log)).toEqual({
    answeredBy: ['grader-2025-08-07'],
    calls: 1,
    unusable: 0,
    promptTokens: 100,
    completionTokens: 10,
  })
})

it('pays for no reply twice, also where all tries gave nothing', async () => {
  await using server = await startFakeJudge(({ messages }) =>
    messages[0]?.content === 'prose' ? 'Well, it depends.' : 'no',
  )
  const prose = { ...question, key: 'p', messages: [{ role: 'user', content: 'prose' }] } as const
  {
    using judge = await open(server)
    expect(await judge.ask(question)).toBe('no')
    expect(await judge.ask(prose)).toBeNull()
  }
  expect(server.requests).toHaveLength(1 + 3)
  using again = await open(server)
  expect(await again.ask(question)).toBe('no')
  expect(await again.ask(prose)).toBeNull()
  expect(server.requests).toHaveLength(1 + 3)
  expect(await readJudgeUse(log)).toMatchObject({ calls: 4, unusable: 1 })
})

it('asks anew what was cut off in the middle of a line', async () => {
  await using server = await startFakeJudge(() => 'yes')
  await writeFile(log, `{"key":"${question.key}","attempt":1,"reply":"y`)
  using judge = await open(server)
  expect(await judge.ask(question)).toBe('yes')
  expect(await calls()).toHaveLength(1)
})

it('grades another answer under the same key anew', async () => {
  await using server = await startFakeJudge((_, call) => (call === 1 ? 'yes' : 'no'))
  using judge = await open(server)
  await judge.ask(question)
  const other = { ...question, messages: [{ role: 'user', content: 'And now?' }] } as const
  expect(await judge.ask(other)).toBe('no')
  const recorded = await createRecordedJudge(log)
  expect([await recorded.ask(question), await recorded.ask(other)]).toEqual(['yes', 'no'])
})

describe('a reply that is none', () => {
  it.each([
    ['prose', complete('I would say so.')],
    ['no text', complete(null)],
    ['empty choices', (response) => void response.end('{"choices":[]}')],
    ['a refused request', refuse(400, 'content policy')],
  ] satisfies [string, ReturnType<typeof complete>][])(
    '%s: as many tries as allowed, then counted',
    async (_, bad) => {
      await using server = await startFakeJudge(() => bad)
      using judge = await open(server)
      expect(await judge.ask(question)).toBeNull()
      expect((await calls()).map(({ attempt, usable, final }) => [attempt, usable, final])).toEqual([
        [1, false, false],
        [2, false, false],
        [3, false, true],
      ])
      expect((await readJudgeUse(log)).unusable).toBe(1)
    },
  )
})

describe('trouble of the endpoint takes no try', () => {
  it.each([
    ['429', refuse(429)],
    ['408', refuse(408)],
    ['503', refuse(503)],
    ['a closed connection', (response) => void response.destroy()],
  ] satisfies [string, ReturnType<typeof complete>][])('%s', async (_, trouble) => {
    await using server = await startFakeJudge((__, call) => (call <= 4 ? trouble : 'yes'))
    using judge = await open(server)
    expect(await judge.ask({ ...question, attempts: 1 })).toBe('yes')
    expect((await calls()).map(({ attempt, final }) => [attempt, final])).toEqual([
      ...Array.from({ length: 4 }, () => [1, false]),
      [1, true],
    ])
  })

  it('a page of a proxy in between', async () => {
    await using server = await startFakeJudge((_, call) =>
      call === 2 ? (response) => void response.end('<!doctype html>') : 'yes',
    )
    using judge = await open(server)
    await judge.ask({ ...question, key: 'first' })
    expect(await judge.ask(question)).toBe('yes')
    expect(server.requests).toHaveLength(3)
  })

  it('an answer that never comes', async () => {
    await using server = await startFakeJudge((_, call) => (call === 1 ? () => {} : 'yes'))
    using judge = await open(server, { deadlineMs: 50 })
    expect(await judge.ask(question)).toBe('yes')
    expect((await calls())[0]).toMatchObject({ status: 0, error: 'there was no answer within 0.05 s' })
  })

  it('until patience is at its end: then the evaluation stops, and the question stays open', async () => {
    await using server = await startFakeJudge(() => refuse(503, 'overloaded'))
    {
      using judge = await open(server, { patienceMs: 20 })
      await expect(judge.ask(question)).rejects.toMatchObject({
        code: 'judge/unreachable',
        message: expect.stringContaining('overloaded'),
      })
    }
    expect((await calls()).every(({ final }) => !final)).toBe(true)
    await using mended = await startFakeJudge(() => 'yes')
    using judge = await open(mended)
    expect(await judge.ask(question)).toBe('yes')
  })
})

describe('what nothing will change ends everything at once', () => {
  it.each([
    ['a wrong key', refuse(401, 'no such key'), 'judge/refused'],
    ['a key without the right', refuse(403), 'judge/refused'],
    ['a wrong model name', refuse(404, 'no such model'), 'judge/refused'],
    ['a page', (response) => void response.end('<!doctype html>'), 'judge/no_chat_completions'],
    ['NaN', (response) => void response.end('{"choices":[{"logprobs":NaN}]}'), 'judge/no_chat_completions'],
  ] satisfies [string, ReturnType<typeof complete>, string][])('%s', async (_, answer, code) => {
    await using server = await startFakeJudge(() => answer)
    using judge = await open(server)
    await expect(judge.ask(question)).rejects.toMatchObject({ name: 'BenchError', code })
    await expect(judge.ask({ ...question, key: 'another' })).rejects.toMatchObject({ code })
    expect(server.requests).toHaveLength(1)
    expect(await calls()).toMatchObject([{ final: false, usable: false }])
  })
})

it('leaves out the reasoning effort where the model knows none, which takes no try', async () => {
  await using server = await startFakeJudge(({ reasoning_effort: effort }) =>
    effort === undefined ? 'yes' : refuse(400, "Unsupported parameter: 'reasoning_effort'"),
  )
  using judge = await open(server)
  expect(await judge.ask({ ...question, reasoningEffort: 'medium', attempts: 1 })).toBe('yes')
  expect(server.requests.map(({ reasoning_effort: effort }) => effort)).toEqual(['medium', undefined])
})

it('has at most 64 calls under way', async () => {
  const open64: (() => void)[] = []
  await using server = await startFakeJudge(() => (response) => {
    open64.push(() => complete('yes')(response))
  })
  using judge = await open(server)
  const all = Promise.all(Array.from({ length: 70 }, (_, at) => judge.ask({ ...question, key: String(at) })))
  while (open64.length < 64) await new Promise((done) => setTimeout(done, 5))
  await new Promise((done) => setTimeout(done, 50))
  expect(server.requests).toHaveLength(64)
  for (let at = 0; at < 70; at++) {
    while (open64[at] === undefined) await new Promise((done) => setTimeout(done, 1))
    open64[at]?.()
  }
  expect(new Set(await all)).toEqual(new Set(['yes']))
})

it('writes nothing once it is closed', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  await using server = await startFakeJudge(() => () => resolve())
  const judge = await open(server)
  const answer = judge.ask(question)
  await asked
  judge[Symbol.dispose]()
  await expect(answer).rejects.toThrow('the judge was closed')
  expect(await calls()).toEqual([])
})

it('knows from the record only what is there, and says so', async () => {
  const recorded = await createRecordedJudge(log)
  await expect(recorded.ask(question)).rejects.toMatchObject({ code: 'judge/not_on_record' })
})

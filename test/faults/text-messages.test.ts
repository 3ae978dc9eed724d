import { request } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SelfEvaluation } from '../../src/domain/evaluation.ts'
import { itemCounts } from '../../src/domain/protocol.ts'
import { createSelfEvaluationService } from '../../src/run/agent/self-evaluation-service.ts'
import { listenForGuard } from '../../src/run/sandbox/guard-channel.ts'
import { countingBenchmark, countingProtocol } from '../fakes/benchmark.ts'
import { scoringTools } from '../fakes/scoring.ts'
import { hostile, invalidUtf8 } from './text/hostile-text.ts'

const mebibyte = 2 ** 20
const order = { model: 'final_model', modelPath: '/home/agent/final_model', port: 9000, limit: 3 }
const output = { id: 'test-0', text: '0', finishReason: 'stop' }

let folder = ''
let socketPath = ''
let service: AsyncDisposable
const recorded: SelfEvaluation[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-messages-'))
  socketPath = join(folder, 'service.sock')
  const { test } = await countingBenchmark.load({ counts: itemCounts(countingProtocol) })
  service = await createSelfEvaluationService({
    socketPath,
    benchmark: countingBenchmark,
    protocol: countingProtocol,
    test,
    tools: scoringTools,
    readyTimeoutMs: 1000,
    concurrency: 2,
    engineCommand: ({ modelPath, port }) => ({ argv: ['serve', modelPath, String(port)], env: {} }),
    timer: () => ({ remainingMs: 5000, budgetMs: 60_000 }),
    elapsedMs: () => 55_000,
    record: (evaluation) => recorded.push(evaluation),
    maxEvaluations: 40,
  })
})

afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly text: string
}

function send(path: string, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, path, method: body === undefined ? 'GET' : 'POST' },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

async function openEvaluation(): Promise<string> {
  const { text } = await send('/evaluations', JSON.stringify(order))
  const { id }: { id: string } = JSON.parse(text)
  return `/evaluations/${id}/outputs`
}

/** Sends bytes as they are, and collects what comes back until the other side closes. */
function sendRaw(path: string, write: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path, () => write(socket))
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    socket.on('error', () => {}) // it may be closed while we write
    socket.on('close', () => resolve(answer))
  })
}

const outputs = (list: readonly unknown[]): string => JSON.stringify({ outputs: list })
const long = (bytes: number): string => 'x'.repeat(bytes)

/** Bodies of `POST /evaluations/<id>/outputs`, and the error that names what is wrong with each. */
const bodies: Readonly<Record<string, readonly [() => string | Buffer, RegExp]>> = {
  'larger than it may be': [() => outputs([{ ...output, text: long(65 * mebibyte) }]), /larger than 64 MiB/],
  'not UTF-8': [
    () => Buffer.concat([Buffer.from('{"outputs":["'), invalidUtf8, Buffer.from('"]}')]),
    /not valid UTF-8/,
  ],
  'nested without end': [() => '['.repeat(4 * mebibyte), /nested deeper than 8/],
  'objects in objects': [() => '{"a":'.repeat(mebibyte), /nested deeper than 8/],
  'millions of numbers': [() => `{"outputs":[${'0,'.repeat(4_000_000)}0]}`, /more than 3000000 values/],
  'a million keys': [
    () => `{${Array.from({ length: 1_000_001 }, (_, index) => `"${index}":1`).join()}}`,
    /more than 1000000 keys/,
  ],
  'more outputs than items': [
    () => outputs(Array.from({ length: 200_000 }, () => 0)),
    /200000 outputs for 3 items/,
  ],
  'wrong outputs': [() => outputs([{ ...output, text: 1 }]), /expected string/],
  'an endless answer': [() => outputs([{ ...output, text: long(2 * mebibyte) }]), /Too big/],
  'a key that is given twice': [() => '{"outputs":[],"outputs":[]}', /given twice/],
  'no JSON': [() => hostile, /JSON/],
  nothing: [() => '', /JSON/],
}

describe('hostile messages to the supervisor', () => {
  it.each(Object.entries(bodies))('%s', async (_, [body, error]) => {
    const path = await openEvaluation()
    const answer = await send(path, body())
    expect(answer.status).toBe(400)
    expect(answer.text).toMatch(error)
    expect(answer.text.length).toBeLessThan(3000)
    // and the evaluation is still open
    expect((await send(path, outputs([output]))).status).toBe(200)
  })

  it.each([
    ['an order that is large', JSON.stringify({ ...order, junk: long(2 * mebibyte) }), /larger than 1 MiB/],
    ['a name that is long', JSON.stringify({ ...order, model: long(2000) }), /Too big/],
    ['numbers beyond all measure', '{"model":"m","modelPath":"m","port":1e999}', /Invalid|expected/],
  ])('%s', async (_, body, error) => {
    const answer = await send('/evaluations', body)
    expect(answer.status).toBe(400)
    expect(answer.text).toMatch(error)
  })

  it.each<[string, (socket: Socket) => void]>([
    ['a request line without an end', (socket) => socket.write(`GET /${long(mebibyte)}`)],
    ['headers without an end', (socket) => socket.write(`GET /timer HTTP/1.1\r\nx: ${long(mebibyte)}`)],
    ['no HTTP', (socket) => socket.write(invalidUtf8)],
    [
      'two lengths of one body',
      (socket) =>
        socket.write(
          'POST /evaluations HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 9\r\n\r\n{}{}{}',
        ),
    ],
  ])('%s', async (_, write) => {
    expect(await sendRaw(socketPath, write)).toMatch(/^HTTP\/1\.1 4\d\d /u)
    expect((await send('/timer')).status).toBe(200)
  })

  it('more bodies at once than there is room for', async () => {
    const open: Socket[] = []
    const path = await openEvaluation()
    const answers = Array.from({ length: 3 }, () =>
      sendRaw(socketPath, (socket) => {
        open.push(socket)
        const length = 64 * mebibyte
        socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`)
        socket.write(Buffer.alloc(length - 1, ' '))
        socket.once('data', () => open.forEach((one) => one.destroy()))
      }),
    )
    expect((await Promise.all(answers)).join('')).toContain('together larger than 128 MiB')
    expect((await send(path, outputs([output]))).status).toBe(200)
  })

  it('more connections than there may be', async () => {
    const sockets = Array.from({ length: 200 }, () => connect(socketPath).on('error', () => {}))
    const refused = new Promise((resolve) => {
      for (const socket of sockets) socket.once('close', resolve)
    })
    await refused
    for (const socket of sockets) socket.destroy()
    await expect
      .poll(() =>
        send('/timer').then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200)
  })

  it('names that steer a terminal are recorded as they are, and no longer than they may be', async () => {
    const model = hostile.toWellFormed().slice(0, 1000)
    const { text } = await send('/evaluations', JSON.stringify({ ...order, model }))
    const { id }: { id: string } = JSON.parse(text)
    await send(`/evaluations/${id}/outputs`, outputs([output]))
    expect(recorded.at(-1)).toMatchObject({ model, items: 3 })
  })

  it('evaluations without end', async () => {
    const answers: Answer[] = []
    for (let count = 0; count < 41; count++) answers.push(await send('/evaluations', JSON.stringify(order)))
    expect(answers.at(-1)).toMatchObject({ status: 400, text: expect.stringContaining('40 evaluations') })
    expect((await send('/timer')).status).toBe(200)
  })
})

describe('hostile messages of a guard', () => {
  it.each<[string, () => Iterable<string | Buffer>]>([
    ['a line without an end', () => Array.from({ length: 20 }, () => Buffer.alloc(mebibyte, 'x'))],
    ['a line of NUL', () => Array.from({ length: 20 }, () => Buffer.alloc(mebibyte))],
    ['no UTF-8', () => [invalidUtf8, '\n']],
    ['no JSON', () => [hostile, '\n']],
    ['nested JSON', () => ['['.repeat(mebibyte), '\n']],
    ['an event that does not exist', () => ['{"event":"scored","accuracy":1}\n']],
    ['an event with fields of other kinds', () => ['{"event":"exited","code":"0","signal":null}\n']],
  ])('%s ends the connection', async (_, messages) => {
    const path = join(folder, 'guard.sock')
    using listener = await listenForGuard(path)
    const answer = sendRaw(path, (socket) => {
      socket.write('{"event":"hello","pid":1,"pidNamespace":null}\n')
      for (const message of messages()) socket.write(message)
    })
    const guard = await listener.connected
    const events: unknown[] = []
    guard.onEvent((event) => events.push(event))
    expect(await guard.hello).toMatchObject({ pid: 1 })
    await guard.closed
    await answer
    expect(events).toEqual([])
  })
})

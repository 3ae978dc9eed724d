import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createAdaptiveConcurrency } from './adaptive-concurrency.ts'
import { requestCompletion } from './chat-completions.ts'
import { createJsonClient } from './http-json.ts'
import { mapConcurrently } from './map-concurrently.ts'

/** A real server that has room for `room` requests at a time and says 503 to the others. */
async function startBusyServer(
  room: number,
): Promise<AsyncDisposable & { port: number; refused: () => number }> {
  let underWay = 0
  let refused = 0
  const server = createServer((request, response) => {
    request.resume()
    if (underWay >= room) {
      refused++
      response.writeHead(503).end('{}')
      return
    }
    underWay++
    setTimeout(() => {
      underWay--
      response.end('{"choices":[{"message":{"content":"x"}}],"usage":{"completion_tokens":1}}')
    }, 20)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

it('gets every answer of a server that refuses what is too much', async () => {
  await using server = await startBusyServer(6)
  using client = createJsonClient({ port: server.port }, { connections: 64 })
  const adaptive = createAdaptiveConcurrency({ highest: 64 })
  const { signal } = new AbortController()
  const request = { messages: [], maxTokens: 1 }
  const completions = await mapConcurrently(Array.from({ length: 120 }), 64, () =>
    requestCompletion(client, request, { model: 'm', signal, adaptive }),
  )
  expect(completions.map(({ text }) => text)).toEqual(Array.from({ length: 120 }, () => 'x'))
  expect(server.refused()).toBeGreaterThan(0)
  expect(adaptive.limit).toBeLessThan(16)
})

interface Simulation {
  readonly highest: number
  readonly first: number
  readonly answers: number
  readonly tokensPerMs: (underWay: number) => number
  /** Requests at a time that the server takes; it refuses others. Default: all. */
  readonly room?: number
}

/** A server with a clock of its own. Gives what the limit was at the start of every request, and at the end. */
async function simulate({
  answers,
  tokensPerMs,
  room = Infinity,
  ...options
}: Simulation): Promise<number[]> {
  const tokens = 100
  const underWay: (() => void)[] = []
  const limits: number[] = []
  let nowMs = 0
  const adaptive = createAdaptiveConcurrency({ ...options, nowMs: () => nowMs })
  const work = mapConcurrently(Array.from({ length: answers }), 256, () =>
    adaptive.run(async ({ answered, overloaded }) => {
      limits.push(adaptive.limit)
      while (underWay.length >= room) {
        overloaded()
        await setImmediate()
      }
      await new Promise<void>((finish) => underWay.push(finish))
      answered(tokens)
    }),
  )
  for (let left = answers; left > 0; left--) {
    await setImmediate()
    nowMs += tokens / tokensPerMs(underWay.length)
    underWay.shift()?.()
  }
  await work
  return [...limits, adaptive.limit]
}

it('goes up to what there may be at most where the server takes all', async () => {
  const limits = await simulate({ highest: 64, first: 4, answers: 200, tokensPerMs: (underWay) => underWay })
  expect(limits[0]).toBe(4)
  expect(limits.at(-1)).toBe(64)
})

it('stays near the room of a server that refuses what is too much', async () => {
  const tokensPerMs = (underWay: number): number => underWay
  const limits = await simulate({ highest: 256, first: 16, answers: 2000, tokensPerMs, room: 40 })
  expect(limits.slice(200).filter((limit) => limit < 20 || limit > 44)).toEqual([])
})

it('gives way when more requests make fewer tokens', async () => {
  const tokensPerMs = (underWay: number): number => (underWay > 100 ? 2 : underWay / 10)
  const limits = await simulate({ highest: 256, first: 16, answers: 4000, tokensPerMs })
  expect(Math.max(...limits)).toBeGreaterThan(100)
  expect(limits.slice(-2000).filter((limit) => limit < 130).length).toBeGreaterThan(1500)
})

it('does not take a server for overloaded that only makes no more tokens', async () => {
  const tokensPerMs = (underWay: number): number => Math.min(underWay, 20)
  const limits = await simulate({ highest: 128, first: 16, answers: 1000, tokensPerMs })
  expect(limits.at(-1)).toBe(128)
})

it('halves once for what was under way together', async () => {
  const adaptive = createAdaptiveConcurrency({ highest: 32, first: 32 })
  const all = Promise.withResolvers<void>()
  const work = Array.from({ length: 32 }, () =>
    adaptive.run(async ({ overloaded }) => {
      await all.promise
      overloaded()
    }),
  )
  all.resolve()
  await Promise.all(work)
  expect(adaptive.limit).toBe(16)
})

it('starts nothing that waited when it is closed', async () => {
  const adaptive = createAdaptiveConcurrency({ highest: 1 })
  const first = Promise.withResolvers<void>()
  const started: number[] = []
  const running = adaptive.run(() => first.promise)
  const waiting = adaptive.run(async () => void started.push(2))
  adaptive.close(new Error('over'))
  await expect(waiting).rejects.toThrow('over')
  first.resolve()
  await running
  await expect(adaptive.run(async () => void started.push(3))).rejects.toThrow('over')
  expect(started).toEqual([])
})

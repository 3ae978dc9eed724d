import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createAdaptiveConcurrency, type AdaptiveConcurrency } from './adaptive-concurrency.ts'
import { requestAdaptively } from './chat-completions.ts'
import { createJsonClient } from './http-json.ts'
import { mapConcurrently } from './map-concurrently.ts'

interface Busy {
  /** Requests under way in each answer's moment. */
  readonly seen: number[]
  readonly refused: () => number
}

/** Asks `questions` of a server that has room for `room` at a time and says 503 to the others. */
async function ask(adaptive: AdaptiveConcurrency, room: number, questions: number): Promise<Busy> {
  let underWay = 0
  let refused = 0
  const seen: number[] = []
  const server = createServer((request, response) => {
    request.resume()
    if (underWay >= room) {
      refused++
      response.writeHead(503).end('{}')
      return
    }
    underWay++
    seen.push(underWay)
    const answer = { choices: [{ message: { content: 'x' } }], usage: { completion_tokens: 1 } }
    setTimeout(() => {
      underWay--
      response.end(JSON.stringify(answer))
    }, 5)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo // it listens on TCP
  using client = createJsonClient({ port }, { connections: 256 })
  try {
    const request = { messages: [], maxTokens: 1 }
    const { signal } = new AbortController()
    await mapConcurrently(Array.from({ length: questions }), 256, () =>
      requestAdaptively(adaptive, client, request, { model: 'm', signal }),
    )
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return { seen, refused: () => refused }
}

it('goes up to what there may be at most where the server takes all', async () => {
  const adaptive = createAdaptiveConcurrency({ highest: 64, first: 4 })
  const { seen, refused } = await ask(adaptive, 1000, 400)
  expect(refused()).toBe(0)
  expect(Math.max(...seen)).toBe(64)
})

it('stays near the room of a server that refuses what is too much, and gets every answer', async () => {
  const adaptive = createAdaptiveConcurrency({ highest: 256, first: 16 })
  const { seen, refused } = await ask(adaptive, 24, 600)
  expect(seen.length).toBe(600)
  expect(refused()).toBeGreaterThan(0)
  expect(adaptive.limit).toBeLessThan(64)
  expect(seen.filter((count) => count >= 12).length).toBeGreaterThan(300)
})

/** Work for a server whose tokens per second depend on how many requests it has. No clock: it says how long it took. */
async function generate(
  adaptive: AdaptiveConcurrency,
  answers: number,
  tokensPerMs: (underWay: number) => number,
): Promise<number[]> {
  let underWay = 0
  const limits: number[] = []
  await mapConcurrently(Array.from({ length: answers }), 256, () =>
    adaptive.run(async ({ answered }) => {
      underWay++
      await sleep(0)
      limits.push(adaptive.limit)
      answered(100, (100 * underWay) / tokensPerMs(underWay))
      underWay--
    }),
  )
  return limits
}

it('gives way when more requests make fewer tokens', async () => {
  const adaptive = createAdaptiveConcurrency({ highest: 256, first: 16 })
  const limits = await generate(adaptive, 4000, (underWay) => (underWay > 100 ? 2 : 10))
  expect(Math.max(...limits)).toBeGreaterThan(100)
  expect(limits.slice(-2000).filter((limit) => limit < 130).length).toBeGreaterThan(1500)
})

it('does not take a server for overloaded that only makes no more tokens', async () => {
  const adaptive = createAdaptiveConcurrency({ highest: 128, first: 16 })
  await generate(adaptive, 1000, (underWay) => Math.min(underWay, 20))
  expect(adaptive.limit).toBe(128)
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

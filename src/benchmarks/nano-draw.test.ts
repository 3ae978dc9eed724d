import { expect, test } from 'vitest'
import { sideOf } from './nano-draw.ts'
import { nanoArith } from './nano-arith/index.ts'
import { nanoTools } from './nano-tools/index.ts'

const counts = { train: 1500, test: 300, shadow: 300 }

/** sha256 of these begin with 20 and bf, by sha256sum. */
test.each([
  ['question 22', 'test'],
  ['question 2', 'train'],
] as const)('the first byte of the sha256 of "%s" puts it on the %s side', (question, side) => {
  expect(sideOf(question)).toBe(side)
})

const benchmarks = [nanoArith, nanoTools]

test.each(benchmarks)(
  '$id: gives the same items for the same arguments, others for another seed',
  async (benchmark) => {
    const items = await benchmark.load({ seed: 7, counts })
    expect(await benchmark.load({ seed: 7, counts })).toEqual(items)
    const other = await benchmark.load({ seed: 8, counts })
    expect(other.test.map(({ id }) => id)).not.toEqual(items.test.map(({ id }) => id))
    expect(other.train.map(({ id }) => id)).not.toEqual(items.train.map(({ id }) => id))
  },
)

test.each(benchmarks)(
  '$id: gives as many items as asked, with unique ids and no question on both sides',
  async (benchmark) => {
    const { train, test: tested, shadow } = await benchmark.load({ seed: 1, counts })
    expect([train.length, tested.length, shadow.length]).toEqual([1500, 300, 300])
    expect(new Set([...train, ...tested, ...shadow].map(({ id }) => id)).size).toBe(2100)
    const questions = [...tested, ...shadow].flatMap(({ fingerprints }) => fingerprints)
    expect(new Set(questions).size).toBe(600)
    const training = new Set(train.flatMap(({ fingerprints }) => fingerprints))
    expect(questions.filter((question) => training.has(question))).toEqual([])
  },
)

test.each(benchmarks)('$id: no training item of one seed is a test item of another', async (benchmark) => {
  const trained = new Set<string>()
  for (const seed of [1, 2, 3]) {
    const { train } = await benchmark.load({ seed, counts: { train: 1500, test: 0, shadow: 0 } })
    for (const item of train) for (const question of item.fingerprints) trained.add(question)
  }
  const { test: tested } = await benchmark.load({ seed: 4, counts: { train: 0, test: 600, shadow: 0 } })
  expect(tested.filter(({ fingerprints }) => fingerprints.some((question) => trained.has(question)))).toEqual(
    [],
  )
})

test.each(benchmarks)('$id: fewer items are the beginning of more', async (benchmark) => {
  const many = await benchmark.load({ seed: 1, counts })
  const few = await benchmark.load({ seed: 1, counts: { train: 10, test: 20, shadow: 0 } })
  expect(few.train).toEqual(many.train.slice(0, 10))
  expect(few.test).toEqual(many.test.slice(0, 20))
  expect(few.shadow).toEqual([])
})

test.each(benchmarks)(
  '$id: the question stands in what the model is sent, and the training answer scores 1',
  async (benchmark) => {
    const { train, test: tested } = await benchmark.load({ seed: 3, counts })
    for (const item of [...train, ...tested]) {
      expect(item.messages).toHaveLength(1)
      expect(item.messages[0]?.content).toContain(item.fingerprints[0])
      expect(benchmark.score(item, { text: item.completion ?? '' }).value).toBe(1)
    }
  },
)

test('nano-tools: an exhausted grammar gives fewer items than asked', async () => {
  const tools = benchmarks.find(({ id }) => id === 'nano-tools')
  const items = await tools?.load({ seed: 1, counts: { train: 0, test: 300, shadow: 5000 } })
  expect(items?.test).toHaveLength(300)
  expect(items?.shadow.length).toBeGreaterThan(500)
  expect(items?.shadow.length).toBeLessThan(3000)
})

import { expect, it } from 'vitest'
import type { Item } from '../domain/benchmark.ts'
import { nanoArith } from './nano-arith/index.ts'
import { nanoTools } from './nano-tools/index.ts'

const counts = { train: 0, test: 300, shadow: 0 }

it('a cut item of nano-arith lacks the last number of its question and nothing else', async () => {
  const { test } = await nanoArith.load({ seed: 1, counts })
  for (const item of test) {
    const cut = nanoArith.probe.cut(item)
    expect({ ...cut, messages: [] }).toEqual({ ...item, messages: [] })
    const numbers = (of: Item): string[] => of.messages[0]?.content.match(/\d+/g) ?? []
    expect(numbers(cut)).toEqual(numbers(item).slice(0, -1))
    expect(cut.messages[0]?.content.replace('some', numbers(item).at(-1) ?? '')).toBe(
      item.messages[0]?.content,
    )
  }
})

it('a cut item of nano-tools does not offer the function that it asks for, which no training item has', async () => {
  const { test, train } = await nanoTools.load({ seed: 1, counts: { ...counts, train: 2000 } })
  const cut = test.flatMap((item) => nanoTools.probe.cut(item) ?? [])
  expect(cut).toHaveLength(50)
  const trained = new Set(train.flatMap(({ tools = [] }) => tools.map((tool) => tool.function.name)))
  for (const { tools = [], target } of cut) {
    expect(tools.length).toBeGreaterThan(0)
    const { name } = JSON.parse(target) as { name: string } // rendered by the benchmark itself
    expect(tools.map((tool) => tool.function.name)).not.toContain(name)
    expect(trained).not.toContain(name)
  }
})

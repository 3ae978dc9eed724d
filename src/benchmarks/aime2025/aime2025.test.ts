import { expect, it } from 'vitest'
import type { LoadOptions } from '../../domain/benchmark.ts'
import { scoringRulesSchema, type DataFiles } from '../../domain/scoring.ts'
import { aime2025 } from './index.ts'

const problem = (id: number): unknown => ({ id, problem: `What is ${id} + 1?`, answer: id + 1 })

function having(sets: Readonly<Record<string, readonly unknown[]>>): DataFiles {
  return {
    path: (name) => Promise.reject(new Error(`nobody asks for the file ${name}`)),
    rows: (name) => Promise.resolve(sets[name] ?? []),
    has: (name) => Promise.resolve(name in sets),
  }
}

function load(data: DataFiles, shadow = Infinity): ReturnType<typeof aime2025.load> {
  const options: LoadOptions = {
    seed: 1,
    counts: { train: 0, test: Infinity, shadow },
    rules: scoringRulesSchema.parse({}),
    data,
  }
  return aime2025.load(options)
}

const both = having({ aime2025: [problem(1)], aime2026: [problem(1), problem(2)] })

it("has the next year's problems as its shadow set, where the operator supplies them", async () => {
  const { train, test, shadow } = await load(both)
  expect([train.length, test.length, shadow.length]).toEqual([0, 1, 2])
  expect(shadow.map(({ id, target }) => [id, target])).toEqual([
    ['aime2026-1', '2'],
    ['aime2026-2', '3'],
  ])
})

it('is whole without them, and under protocols that ask for none', async () => {
  expect((await load(having({ aime2025: [problem(1)] }))).shadow).toEqual([])
  expect((await load(both, 0)).shadow).toEqual([])
})

it('does not tell an agent of them', () => {
  expect(aime2025.agentNotes).not.toContain('2026')
  expect(aime2025.datasets).not.toContain('aime2026')
})

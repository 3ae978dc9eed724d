import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  syntheticExperiment,
  syntheticProtocol as protocol,
  usualBaselines,
  type RunRecipe,
} from '../../test/fixtures/synthetic-experiment.ts'
import { summariseSamples } from '../domain/evaluation.ts'
import { createRng } from '../lib/rng.ts'
import { groupAgents } from './agent-groups.ts'
import { compareAgents, compareExperiments, type AgentComparison, type Side } from './compare.ts'
import type { ExperimentData, RunData } from './store.ts'

interface Recipe extends RunRecipe {
  /** Of the items, instead of an accuracy. */
  readonly values?: readonly number[]
}

function experimentOf(recipes: readonly Recipe[], name = 'demo', baselines = usualBaselines): ExperimentData {
  const data = syntheticExperiment(recipes, baselines, name)
  return { ...data, runs: data.runs.map((run, index) => withValues(run, recipes[index]?.values)) }
}

function withValues(run: RunData, values: readonly number[] | undefined): RunData {
  if (values === undefined || run.result === null) return run
  const items = new Map(values.map((value, index) => [`item-${String(index).padStart(4, '0')}`, value]))
  const ownScore = summariseSamples([...items].map(([id, value]) => ({ id, value, finishReason: 'stop' })))
  return { ...run, items, result: { ...run.result, ownScore } }
}

function sideOf(experiment: ExperimentData, agent: string): Side {
  const group = groupAgents([experiment]).find(({ label }) => label === agent)
  if (group === undefined) throw new Error(`no ${agent}`)
  return { experiment, group }
}

function compare(experiment: ExperimentData, a = 'A', b = 'B'): AgentComparison {
  return compareAgents(sideOf(experiment, a), sideOf(experiment, b), { protocol })
}

const both = ['arithmetic', 'tools'] as const

describe('the difference of two agents', () => {
  it('is weighted as scores are', () => {
    const { benchmarks, weighted } = compare(
      experimentOf([
        { agent: 'A', benchmark: 'arithmetic', values: [1, 1, 1, 0] },
        { agent: 'A', benchmark: 'tools', values: [1, 0, 0, 0] },
        { agent: 'B', benchmark: 'arithmetic', values: [1, 0, 0, 0] },
        { agent: 'B', benchmark: 'tools', values: [0, 1, 1, 0] },
      ]),
    )
    // instruct - base is 0.8 and 0.6, so the weights are as 1 / 0.8 to 1 / 0.6: 3/7 and 4/7
    expect(benchmarks.map(({ id, weight }) => [id, weight.toFixed(4)])).toEqual([
      ['arithmetic', '0.4286'],
      ['tools', '0.5714'],
    ])
    expect(benchmarks.map(({ difference }) => difference.value)).toEqual([0.5, -0.25])
    expect(weighted?.difference.value).toBeCloseTo((0.5 * 3 - 0.25 * 4) / 7, 12)
  })

  it('is the mean over repeats and base models', () => {
    const { weighted, cells } = compare(
      experimentOf([
        { agent: 'A', repeat: 1, baseModel: 'x', values: [1, 1, 1, 1, 0] },
        { agent: 'A', repeat: 2, baseModel: 'x', values: [1, 1, 0, 0, 0] },
        { agent: 'A', repeat: 1, baseModel: 'y', values: [1, 0, 0, 0, 0] },
        { agent: 'B', repeat: 1, baseModel: 'x', values: [1, 0, 0, 0, 0] },
        { agent: 'B', repeat: 1, baseModel: 'y', values: [1, 1, 0, 0, 0] },
      ]),
    )
    // ((0.8 + 0.4) / 2 - 0.2 + 0.2 - 0.4) / 2
    expect(weighted?.difference.value).toBeCloseTo(0.1, 12)
    expect(cells).toMatchObject([
      { baseModel: 'x', a: { counting: 2 }, b: { counting: 1 } },
      { baseModel: 'y', a: { counting: 1 }, b: { counting: 1 } },
    ])
  })

  it('has the spread of the paired differences, not of two independent scores', () => {
    const rng = createRng(3)
    const hard = Array.from({ length: 600 }, () => rng.next())
    const b = hard.map((chance) => (chance < 0.5 ? 1 : 0))
    // right wherever B is, and on one in ten of the others
    const a = b.map((value, index) => (value === 1 || index % 10 === 0 ? 1 : 0))
    const { weighted } = compare(
      experimentOf([
        { agent: 'A', values: a },
        { agent: 'B', values: b },
      ]),
    )
    const gain = a.filter((value, index) => value !== b[index]).length / 600
    const sd = Math.sqrt((gain * (1 - gain)) / 600)
    const { value = 0, low = 0, high = 0, ahead = 0 } = weighted?.difference ?? {}
    expect(value).toBeCloseTo(gain, 12)
    expect((high - low) / (2 * 1.96 * sd)).toBeGreaterThan(0.9)
    expect((high - low) / (2 * 1.96 * sd)).toBeLessThan(1.1)
    expect(ahead).toBe(1)
  })

  it('covers chance between runs where there are several', () => {
    const even = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? 1 : 0))
    const most = even.map((_, index) => (index % 10 === 0 ? 0 : 1))
    const few = most.map((value) => 1 - value)
    const repeats = (agent: string, runs: readonly (readonly number[])[]): Recipe[] =>
      runs.map((values, index) => ({ agent, repeat: index + 1, values }))
    const widthOf = ({ weighted }: AgentComparison): number =>
      (weighted?.difference.high ?? 0) - (weighted?.difference.low ?? 0)
    const alike = compare(experimentOf([...repeats('A', [even, even]), ...repeats('B', [even, even])]))
    const apart = compare(experimentOf([...repeats('A', [most, few]), ...repeats('B', [even, even])]))
    expect(alike.interval.covers).toBe('runs_and_items')
    expect(widthOf(alike)).toBe(0)
    expect(widthOf(apart)).toBeGreaterThan(0.7)
  })

  it('is nothing where both count as the base model', () => {
    const { weighted } = compare(
      experimentOf([
        { agent: 'A', outcome: 'flagged' },
        { agent: 'B', outcome: 'no_model' },
      ]),
    )
    expect(weighted?.difference).toEqual({ value: 0, low: 0, high: 0, ahead: 0.5 })
  })
})

describe('cells without a score', () => {
  it('are named with the reason, and left out of both sides', () => {
    const { benchmarks, cells, notes } = compare(
      experimentOf([
        { agent: 'A', benchmark: 'arithmetic', accuracy: 0.6 },
        { agent: 'A', benchmark: 'tools', accuracy: 0.6 },
        { agent: 'B', benchmark: 'arithmetic', accuracy: 0.5 },
        { agent: 'B', benchmark: 'tools', outcome: 'infra_failure' },
      ]),
    )
    expect(benchmarks.map(({ id, weight }) => [id, weight])).toEqual([['arithmetic', 1]])
    expect(cells).toMatchObject([
      { benchmark: 'arithmetic', a: { score: 0.6 }, b: { score: 0.5 } },
      { benchmark: 'tools', a: { score: 0.6 }, b: { score: null, why: 'infra failure' } },
    ])
    expect(notes.join('\n')).toContain('Incomplete: 1 of 2 cells')
  })

  it('leave nothing to compare where there are no others', () => {
    const { weighted, cells } = compare(
      experimentOf([
        { agent: 'A', benchmark: 'arithmetic' },
        { agent: 'B', benchmark: 'tools' },
      ]),
    )
    expect(weighted).toBeNull()
    expect(cells).toMatchObject([{ b: { why: 'no run' } }, { a: { why: 'no run' } }])
  })
})

describe('agents of two experiments', () => {
  it('are refused when protocol or items differ, with the difference', () => {
    const one = experimentOf([{ agent: 'A' }], 'one')
    const other = experimentOf([{ agent: 'B', itemsHash: 'other' }], 'other')
    expect(() => compareAgents(sideOf(one, 'A'), sideOf(other, 'B'), { protocol })).toThrow(
      /cannot be compared:\n {2}benchmark arithmetic: version 1, items .* in one, other; version 1, items other in other/,
    )
  })

  it('are told apart when experiments and runs have the same names', () => {
    const one = experimentOf([{ agent: 'A', values: [1, 1, 1, 0] }])
    const other = { ...experimentOf([{ agent: 'A', values: [1, 0, 0, 0] }]), path: '/elsewhere/demo' }
    const { a, b, weighted } = compareAgents(sideOf(one, 'A'), sideOf(other, 'A'), { protocol })
    expect([a.experiment, b.experiment]).toEqual(['demo (second)', 'demo (first)'])
    expect(weighted?.difference).toMatchObject({ value: 0.5 })
    expect(weighted?.difference.high).toBeGreaterThan(0.5)
  })

  it('are paired by their names', () => {
    const one = experimentOf([{ agent: 'A' }, { agent: 'B' }], 'one')
    const other = experimentOf([{ agent: 'B' }, { agent: 'C' }], 'other')
    const { agents, onlyA, onlyB } = compareExperiments(one, other, { protocol })
    expect(agents.map(({ a, b }) => [a.label, a.experiment, b.label, b.experiment])).toEqual([
      ['B', 'one', 'B', 'other'],
    ])
    expect([onlyA, onlyB]).toEqual([['A'], ['C']])
  })

  it('are shown with what was different about them', () => {
    const one = experimentOf([{ agent: 'A', hours: 1 }], 'one')
    const other = experimentOf([{ agent: 'A', hours: 10 }], 'other')
    const { settings } = compareAgents(sideOf(one, 'A'), sideOf(other, 'A'), { protocol })
    expect(settings).toEqual(['budget.hours: 1 -> 10'])
  })
})

const runRecipe = fc.record({
  benchmark: fc.constantFrom(...both),
  repeat: fc.integer({ min: 1, max: 3 }),
  outcome: fc.constantFrom('scored', 'flagged', 'no_model', 'infra_failure', null),
  accuracy: fc.double({ min: 0, max: 1, noNaN: true }),
})
const runsOf = (agent: string): fc.Arbitrary<Recipe[]> =>
  fc
    .uniqueArray(runRecipe, {
      minLength: 1,
      maxLength: 5,
      selector: ({ benchmark, repeat }) => benchmark + repeat,
    })
    .map((runs) => runs.map((run) => ({ ...run, agent })))

test('exchanging the sides turns the difference around', () => {
  fc.assert(
    fc.property(runsOf('A'), runsOf('B'), (a, b) => {
      const experiment = experimentOf([...a, ...b])
      const there = compareAgents(sideOf(experiment, 'A'), sideOf(experiment, 'B'), {
        protocol,
        resamples: 200,
      })
      const back = compareAgents(sideOf(experiment, 'B'), sideOf(experiment, 'A'), {
        protocol,
        resamples: 200,
      })
      expect(back.weighted === null).toBe(there.weighted === null)
      const [x, y] = [there.weighted?.difference, back.weighted?.difference]
      if (x === undefined || y === undefined) return
      expect(y.value).toBeCloseTo(-x.value, 12)
      expect(y.low).toBeCloseTo(-x.high, 12)
      expect(y.high).toBeCloseTo(-x.low, 12)
      expect(y.ahead).toBeCloseTo(1 - x.ahead, 12)
    }),
    { numRuns: 40 },
  )
})

test('nobody differs from himself', () => {
  const nothing = { value: 0, low: 0, high: 0, ahead: 0.5 }
  fc.assert(
    fc.property(runsOf('A'), (runs) => {
      const experiment = experimentOf(runs)
      const { weighted } = compareAgents(sideOf(experiment, 'A'), sideOf(experiment, 'A'), {
        protocol,
        resamples: 100,
      })
      expect(weighted?.difference ?? nothing).toEqual(nothing)
    }),
    { numRuns: 40 },
  )
})

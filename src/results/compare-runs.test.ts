import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { syntheticExperiment } from '../../test/fixtures/synthetic-experiment.ts'
import { comparePaired } from '../lib/stats.ts'
import { compareItems, compareRuns, mcnemarP, type RunComparison } from './compare-runs.ts'

function itemsOf(values: readonly number[]): Map<string, number> {
  return new Map(values.map((value, index) => [`item-${index}`, value]))
}

describe('items of two models', () => {
  it('are counted by who got them right', () => {
    expect(compareItems(itemsOf([1, 1, 1, 0, 0, 1]), itemsOf([1, 0, 0, 1, 0, 0]))).toEqual({
      items: 6,
      kind: 'right_or_wrong',
      bothRight: 1,
      neitherRight: 1,
      onlyA: 3,
      onlyB: 1,
      same: 0,
      difference: expect.closeTo(2 / 6, 12),
      // twice (1 + 4) of 16
      p: 0.625,
    })
  })

  it('with partial credit are counted by who did better', () => {
    expect(compareItems(itemsOf([0.5, 1, 0.2]), itemsOf([0.5, 0.5, 0.4]))).toMatchObject({
      kind: 'graded',
      onlyA: 1,
      onlyB: 1,
      same: 1,
      bothRight: 0,
      difference: expect.closeTo(0.1, 12),
      // four patterns of signs, none of them nearer to nothing than 0.5 - 0.2
      p: 1,
    })
  })
})

describe('the exact McNemar test', () => {
  it.each([
    [0, 0, 1],
    [5, 5, 1],
    [0, 6, 2 / 64],
    [1, 8, 20 / 512],
    [8, 1, 20 / 512],
    // Fagerland, Lydersen & Laake 2013, table 1: airway hyper-responsiveness before and after, 1 and 7
    [1, 7, 18 / 256],
  ])('of %i against %i is %d', (onlyA, onlyB, p) => {
    expect(mcnemarP(onlyA, onlyB)).toBeCloseTo(p, 12)
  })

  it('does not fail on many items', () => {
    expect(mcnemarP(2000, 2000)).toBe(1)
    // normal approximation with continuity correction: z = 199 / sqrt(4000)
    expect(mcnemarP(1900, 2100)).toBeCloseTo(0.00165, 4)
    expect(mcnemarP(0, 4000)).toBeGreaterThanOrEqual(0)
  })

  test('is the randomisation of signs, where that is exact', () => {
    const bit = fc.constantFrom(0, 1)
    fc.assert(
      fc.property(fc.array(fc.tuple(bit, bit), { minLength: 1, maxLength: 14 }), (pairs) => {
        const a = pairs.map(([value]) => value)
        const b = pairs.map(([, value]) => value)
        expect(compareItems(itemsOf(a), itemsOf(b)).p).toBeCloseTo(comparePaired(a, b, { seed: 1 }).p, 12)
      }),
    )
  })
})

const experiment = syntheticExperiment([
  { agent: 'A', accuracy: 0.75 },
  { agent: 'B', accuracy: 0.5, attempts: 2 },
  { agent: 'C', benchmark: 'tools' },
  { agent: 'D', itemsHash: 'other' },
  { agent: 'E', outcome: 'no_model' },
  { agent: 'F', outcome: null },
])

function compare(a: string, b: string): RunComparison {
  const sideOf = (agent: string) => {
    const run = experiment.runs.find(({ spec }) => spec.agent.name === agent)
    if (run === undefined) throw new Error(`no ${agent}`)
    return { experiment, run }
  }
  return compareRuns(sideOf(a), sideOf(b))
}

describe('two runs', () => {
  it('are shown with score, attempts and what they were asked', () => {
    const { a, b, items, spec } = compare('A', 'B')
    expect(a).toMatchObject({ outcome: { kind: 'scored' }, score: { value: 0.75, items: 40 }, attempts: 1 })
    expect(a.score?.low).toBeLessThan(0.7)
    expect(b).toMatchObject({ attempts: 2 })
    expect(items).toMatchObject({ items: 40, difference: 0.25 })
    expect(spec.join('\n')).toContain('agent.name: "A" -> "B"')
    expect(spec.join('\n')).not.toContain('agent.files')
  })

  it.each([
    ['A', 'C', 'different benchmarks'],
    ['A', 'D', 'items'],
    ['A', 'E', 'no item scores'],
    ['F', 'A', 'no item scores'],
  ])('%s and %s have no items in common, and it says why', (a, b, why) => {
    const { items, whyNoItems } = compare(a, b)
    expect(items).toBeNull()
    expect(whyNoItems).toContain(why)
  })

  it('are shown while one of them is not finished', () => {
    expect(compare('F', 'A').a).toMatchObject({ outcome: null, score: null, solveMs: null })
  })
})

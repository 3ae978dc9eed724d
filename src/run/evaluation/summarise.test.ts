import { describe, expect, it } from 'vitest'
import { arenahardwriting } from '../../benchmarks/arenahardwriting/index.ts'
import { healthbench } from '../../benchmarks/healthbench/index.ts'
import type { Sample } from '../../domain/evaluation.ts'
import { scoringRulesSchema } from '../../domain/scoring.ts'
import { countingBenchmark } from '../../../test/fakes/benchmark.ts'
import { summariseSet } from './summarise.ts'

type Counted = Parameters<typeof summariseSet>[2][number]
const rules = scoringRulesSchema.parse({})

function sample(id: string, pass: number, value: number, more: Partial<Sample> = {}): Counted {
  return { id, pass, value, finishReason: 'stop', ...more }
}

/** Two games, of which a clear win counts three times. */
function judged(id: string, pass: number, scores: readonly number[]): Counted {
  const value = scores.length === 0 ? 0 : scores.reduce((sum, score) => sum + score, 0) / scores.length
  return sample(id, pass, value, { details: { baselineFirst: null, candidateFirst: null, scores } })
}

const failed = (id: string, pass: number): Counted =>
  sample(id, pass, 0, { finishReason: 'error', error: 'refused' })

it('counts as samples do where the benchmark has no summary of its own', () => {
  const metrics = summariseSet(countingBenchmark, rules, [sample('a', 1, 1), failed('b', 1)])
  expect(metrics).toMatchObject({ items: 2, accuracy: 0.5, errors: 1 })
})

describe('Arena-Hard', () => {
  const of = (samples: readonly Counted[]): ReturnType<typeof summariseSet> =>
    summariseSet(arenahardwriting, rules, samples)

  it('weighs games, not questions', () => {
    expect(of([judged('a', 1, [1, 1, 1, 1]), judged('b', 1, [0, 0])]).accuracy).toBeCloseTo(4 / 6, 12)
  })

  it('leaves out a question without a verdict, and says how many there are', () => {
    const metrics = of([judged('a', 1, [1, 1]), judged('b', 1, [])])
    expect(metrics).toMatchObject({ accuracy: 1, errors: 0, details: { unjudged: 1 } })
  })

  it('counts 0 for what could not be scored, with details or without', () => {
    const unknownLabel = { ...judged('b', 1, []), error: 'KeyError' }
    expect(of([judged('a', 1, [1, 1]), unknownLabel])).toMatchObject({ accuracy: 0.5, errors: 1 })
    expect(of([judged('a', 1, [1, 1]), failed('b', 1)])).toMatchObject({ accuracy: 0.5, errors: 1 })
  })

  it('counts failures in their own pass', () => {
    const first = [judged('a', 1, [1, 1]), judged('b', 1, [1, 1])]
    const second = [judged('a', 2, [0, 0]), failed('b', 2)]
    expect(of([...first, ...second]).accuracy).toBe(0.5)
    expect(of([...first, failed('a', 2), failed('b', 2)]).accuracy).toBe(0.5)
  })

  it('is 0 where nothing could be scored', () => {
    expect(of([failed('a', 1), failed('b', 1)])).toMatchObject({ items: 2, accuracy: 0, errors: 2 })
    expect(of([])).toMatchObject({ items: 0, accuracy: 0, errors: 0 })
  })
})

describe('HealthBench', () => {
  const graded = (id: string, pass: number, met: boolean): Counted => {
    const criteria = [{ points: 5, met, axis: 'axis:accuracy', graded: true }]
    return sample(id, pass, met ? 1 : 0, { details: { theme: 'theme:x', criteria, score: met ? 1 : 0 } })
  }

  it('takes the mean over passes, failures counting 0, with breakdowns over what was graded', () => {
    const samples = [graded('a', 1, true), graded('b', 1, true), graded('a', 2, true), failed('b', 2)]
    expect(summariseSet(healthbench, rules, samples)).toMatchObject({
      items: 2,
      accuracy: 0.75,
      errors: 1,
      details: { byTheme: { 'theme:x': 1 }, criteria: 3, ungraded: 0 },
    })
  })
})

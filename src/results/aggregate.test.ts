import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  syntheticExperiment,
  syntheticProtocol,
  usualBaselines,
  type BaselineRecipe,
  type RunRecipe,
} from '../../test/fixtures/synthetic-experiment.ts'
import { leaderboardSchema, type AgentRow, type Leaderboard } from '../domain/leaderboard.ts'
import { outcomeKinds } from '../domain/outcome.ts'
import type { Protocol } from '../domain/protocol.ts'
import { aggregate } from './aggregate.ts'
import { groupComparable } from './comparable.ts'

function boardOf(
  runs: readonly RunRecipe[],
  baselines = usualBaselines,
  protocol = syntheticProtocol,
): Leaderboard {
  return aggregate([syntheticExperiment(runs, baselines)], { protocol, resamples: 200 })
}

function rowOf(board: Leaderboard, label: string): AgentRow {
  const row = board.agents.find((candidate) => candidate.label === label)
  if (row === undefined) throw new Error(`no row ${label}`)
  return row
}

const weakOnBoth: readonly RunRecipe[] = [
  { agent: 'weak', benchmark: 'arithmetic', accuracy: 0.5 },
  { agent: 'weak', benchmark: 'tools', accuracy: 0.3 },
]

describe('weights and score', () => {
  /** Table 1 of arXiv 2603.08640: official instruct, base zero-shot, first agent; the published weights beside them. */
  const published: readonly (readonly [string, number, number, number, number])[] = [
    ['aime2025', 0.292, 0.017, 0.05, 0.2265],
    ['arenahardwriting', 0.702, 0.013, 0.078, 0.0904],
    ['bfcl', 0.85, 0.015, 0.759, 0.0746],
    ['gpqamain', 0.362, 0.085, 0.255, 0.2246],
    ['gsm8k', 0.87, 0.204, 0.41, 0.0936],
    ['healthbench', 0.433, 0.095, 0.188, 0.1841],
    ['humaneval', 0.715, 0.128, 0.247, 0.1061],
  ]

  test('give the published weights and the published score from the published columns', () => {
    const protocol: Protocol = { ...syntheticProtocol, benchmarks: published.map(([benchmark]) => benchmark) }
    const baselines = published.flatMap(([benchmark, instruct, base]): BaselineRecipe[] => [
      { kind: 'instruct', benchmark, accuracy: instruct, items: 1000 },
      { kind: 'base_zero_shot', benchmark, accuracy: base, items: 1000 },
    ])
    const runs = published.map(([benchmark, , , accuracy]) => ({
      agent: 'opus',
      benchmark,
      accuracy,
      items: 1000,
    }))
    const board = boardOf(runs, baselines, protocol)
    expect(board.weights.source).toBe('baselines')
    for (const [index, [, , , , weight]] of published.entries())
      expect(Math.abs((board.benchmarks[index]?.weight ?? 0) - weight)).toBeLessThan(0.0003)
    expect(rowOf(board, 'opus').score?.value).toBeCloseTo(0.2315, 3)
    expect(board.baselines.map(({ score }) => Number(score?.value.toFixed(3)))).toEqual([0.511, 0.075])
  })

  test('mean over repeats, then base models, then the weighted mean over benchmarks', () => {
    const fixed: Protocol = { ...syntheticProtocol, weights: { arithmetic: 3, tools: 1 } }
    const board = boardOf(
      [
        { benchmark: 'arithmetic', baseModel: 'a', accuracy: 0.2, repeat: 1 },
        { benchmark: 'arithmetic', baseModel: 'a', accuracy: 0.4, repeat: 2 },
        { benchmark: 'arithmetic', baseModel: 'b', accuracy: 0.7 },
        { benchmark: 'tools', baseModel: 'a', accuracy: 0.1 },
        { benchmark: 'tools', baseModel: 'b', accuracy: 0.5 },
      ],
      [],
      fixed,
    )
    expect(board.weights.source).toBe('protocol')
    expect(rowOf(board, 'weak').score?.value).toBeCloseTo(0.75 * 0.5 + 0.25 * 0.3, 12)
  })

  test.each([
    ['a baseline is missing', usualBaselines.slice(1)],
    ['the sibling is no better', usualBaselines.map((one) => ({ ...one, accuracy: 0.5 }))],
  ])('are equal and say why when %s', (_name, baselines) => {
    const board = boardOf(weakOnBoth, baselines)
    expect(board.weights.source).toBe('equal')
    expect(board.weights.note).toContain('arithmetic')
    expect(board.notes).toContain(board.weights.note)
    expect(board.benchmarks.map(({ weight }) => weight)).toEqual([0.5, 0.5])
  })
})

describe('what a run counts', () => {
  test('a flagged run and one without a model count the base score, whatever their own was', () => {
    for (const outcome of ['flagged', 'no_model'] as const) {
      for (const accuracy of [0, 1]) {
        const row = rowOf(
          boardOf([{ benchmark: 'arithmetic', accuracy, outcome }, { benchmark: 'tools' }]),
          'weak',
        )
        expect(row.benchmarks[0]?.score?.value).toBe(0.1)
        expect(row.cells[0]).toMatchObject({ counting: 1, asBase: 1 })
        expect(row.complete).toBe(true)
      }
    }
  })

  test.each(['infra_failure', 'unjudged', 'cancelled', null] as const)(
    '%s is missing: never the base score, never a zero, no rank',
    (outcome) => {
      const board = boardOf([
        { benchmark: 'arithmetic', accuracy: 0.5, outcome },
        { benchmark: 'tools', accuracy: 0.3 },
      ])
      const row = rowOf(board, 'weak')
      expect(row).toMatchObject({ complete: false, rank: null })
      expect(row.benchmarks[0]?.score).toBeNull()
      expect(row.score?.value).toBe(0.3)
      expect(row.missing).toMatchObject([{ benchmark: 'arithmetic', baseModel: 'tiny-base' }])
      expect(board.notes.join('\n')).toContain('Incomplete: weak has no score for arithmetic with tiny-base')
    },
  )

  test('a flagged run without a known base score is missing', () => {
    const row = rowOf(boardOf([{ outcome: 'flagged' }], []), 'weak')
    expect(row.score).toBeNull()
    expect(row.missing[0]?.why).toContain('zero-shot score is not known')
  })

  test('a failed repeat leaves the mean to the others', () => {
    const row = rowOf(
      boardOf([
        { benchmark: 'arithmetic', accuracy: 0.5, repeat: 1 },
        { benchmark: 'arithmetic', outcome: 'infra_failure', repeat: 2 },
        { benchmark: 'tools' },
      ]),
      'weak',
    )
    expect(row.complete).toBe(true)
    expect(row.benchmarks[0]?.score?.value).toBe(0.5)
    expect(row.outcomes).toMatchObject({ scored: 2, infra_failure: 1 })
  })
})

describe('rows', () => {
  test('other files, options or budget make another row with a label that says so', () => {
    const board = boardOf([
      { agent: 'a', hours: 1 },
      { agent: 'a', hours: 10 },
      { agent: 'b', agentConfig: 'low' },
      { agent: 'b', agentConfig: '' },
      { agent: 'c', agentHash: '1111111aa' },
      { agent: 'c', agentHash: '2222222bb' },
    ])
    expect(board.agents.map(({ label }) => label).sort()).toEqual([
      'a (1 h)',
      'a (10 h)',
      'b (low)',
      'b (no options)',
      'c (#1111111)',
      'c (#2222222)',
    ])
  })

  test('equal scores share a rank, and incomplete rows come last', () => {
    const both = (agent: string, accuracy: number): RunRecipe[] => [
      { agent, benchmark: 'arithmetic', accuracy },
      { agent, benchmark: 'tools', accuracy },
    ]
    const board = boardOf([
      ...both('first', 0.9),
      ...both('tied', 0.5),
      ...both('too', 0.5),
      ...both('last', 0.1),
      { agent: 'partial', benchmark: 'arithmetic', accuracy: 1 },
    ])
    expect(board.agents.map(({ label, rank }) => [label, rank])).toEqual([
      ['first', 1],
      ['tied', 2],
      ['too', 2],
      ['last', 4],
      ['partial', null],
    ])
  })

  test('many incomplete rows are named in one note', () => {
    const agents = ['a', 'b', 'c', 'd', 'e']
    const board = boardOf(agents.map((agent) => ({ agent, outcome: null })))
    const notes = board.notes.filter((note) => note.startsWith('Incomplete'))
    expect(notes).toHaveLength(2)
    expect(notes[1]).toBe('Incomplete as well: b, c, d, e.')
  })

  test('runs without isolation are counted and named', () => {
    const board = boardOf([{ agent: 'loose', isolated: false }])
    expect(rowOf(board, 'loose').unisolated).toBe(1)
    expect(board.notes[0]).toContain('1 run of loose')
  })

  test('runs on a machine that was busy with something else are counted and named', () => {
    const busy = (agent: string, cores: number): RunRecipe => ({ agent, otherCores: cores, cpus: 2 })
    // Eight cores, two of them the agent's: six may be busy, and a quarter of its own.
    const board = boardOf([busy('crowded', 6.6), busy('alone', 6.4)])
    expect(rowOf(board, 'crowded').contended).toBe(1)
    expect(rowOf(board, 'alone').contended).toBe(0)
    expect(board.notes.join('\n')).toContain('Busy machine: in 1 run of crowded')
  })
})

describe('intervals', () => {
  test('say that one run per cell tells nothing about repeats', () => {
    const board = boardOf(weakOnBoth)
    expect(rowOf(board, 'weak').intervalCovers).toBe('items')
    expect(board.notes.join('\n')).toContain('between items only')
  })

  test('are as wide as the binomial error for items, and wider with runs that differ', () => {
    const wide = (board: Leaderboard): number => {
      const score = rowOf(board, 'weak').benchmarks[0]?.score
      return score === undefined || score === null ? Number.NaN : score.high - score.low
    }
    const items = wide(boardOf([{ accuracy: 0.5, items: 400 }]))
    expect(Math.abs(items - 2 * 1.96 * Math.sqrt(0.25 / 400))).toBeLessThan(0.015)
    const apart = wide(boardOf([0.2, 0.5, 0.8].map((accuracy, repeat) => ({ accuracy, items: 400, repeat }))))
    expect(apart).toBeGreaterThan(3 * items)
    const drawn = wide(boardOf([{ accuracy: 0.5, items: 400, withItems: false }]))
    expect(Math.abs(drawn - items)).toBeLessThan(0.015)
  })

  test('of a score of 0 or 1 are not empty', () => {
    const score = rowOf(boardOf([{ accuracy: 0, items: 40 }]), 'weak').benchmarks[0]?.score
    expect(score).toMatchObject({ value: 0, low: 0 })
    expect(Math.abs((score?.high ?? 0) - 0.088)).toBeLessThan(0.025)
  })

  test('do not depend on which other agents are on the board', () => {
    const alone = rowOf(boardOf(weakOnBoth), 'weak')
    const among = rowOf(
      boardOf([...weakOnBoth, { agent: 'other', benchmark: 'tools', accuracy: 0.7 }]),
      'weak',
    )
    expect(among.score).toEqual(alone.score)
  })

  test('say when binomial draws stand in for item scores', () => {
    const board = boardOf([{ withItems: false }, { benchmark: 'tools' }])
    expect(board.interval.items).toBe('mixed')
    expect(board.notes.join('\n')).toContain('binomial')
  })
})

describe('merging', () => {
  test('two experiments give the board of one that holds the runs of both', () => {
    const first = syntheticExperiment([{ agent: 'a', accuracy: 0.4, experiment: 'x' }], usualBaselines, 'one')
    const second = syntheticExperiment([{ agent: 'b', accuracy: 0.6, experiment: 'x' }], [], 'two')
    const both = { ...first, runs: [...first.runs, ...second.runs] }
    const options = { protocol: syntheticProtocol, resamples: 100 }
    expect(aggregate([first, second], options).agents).toEqual(aggregate([both], options).agents)
    expect(aggregate([first, first], options).agents).toEqual(aggregate([first], options).agents)
  })

  test.each([{ protocolHash: 'f'.repeat(64) }, { itemsHash: 'f'.repeat(64) }])(
    'refuses experiments that differ in %o, and sets them apart on request',
    (difference) => {
      const first = syntheticExperiment([{ agent: 'a' }], [], 'one')
      const second = syntheticExperiment([{ agent: 'b', ...difference }], [], 'two')
      expect(() => aggregate([first, second], { protocol: syntheticProtocol })).toThrow(/in one; .*in two/u)
      expect(groupComparable([first, second]).map((group) => group.map(({ name }) => name))).toEqual([
        ['one'],
        ['two'],
      ])
    },
  )
})

describe('for any experiment', () => {
  const recipe: fc.Arbitrary<RunRecipe> = fc.record({
    agent: fc.constantFrom('a', 'b', 'c'),
    benchmark: fc.constantFrom('arithmetic', 'tools'),
    baseModel: fc.constantFrom('tiny-base', 'other-base'),
    repeat: fc.integer({ min: 1, max: 9 }),
    outcome: fc.constantFrom(...outcomeKinds, null),
    accuracy: fc.double({ min: 0, max: 1, noNaN: true }),
    items: fc.constant(20),
    withItems: fc.boolean(),
  })
  const recipes = fc.uniqueArray(recipe, {
    minLength: 1,
    maxLength: 14,
    selector: ({ agent, benchmark, baseModel, repeat }) =>
      JSON.stringify([agent, benchmark, baseModel, repeat]),
  })

  test('scores are bounded by what was measured, weights add up to 1, and every finished run is counted', () => {
    fc.assert(
      fc.property(recipes, (runs) => {
        const board = boardOf(runs)
        expect(leaderboardSchema.parse(board)).toEqual(board)
        expect(board.benchmarks.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12)
        for (const row of [...board.agents, ...board.baselines]) {
          const known = row.cells.flatMap(({ score }) => score ?? [])
          for (const { score } of [row, ...row.benchmarks]) {
            if (score === null) continue
            expect(score.value).toBeGreaterThanOrEqual(Math.min(...known) - 1e-12)
            expect(score.value).toBeLessThanOrEqual(Math.max(...known) + 1e-12)
            expect(score.low).toBeGreaterThanOrEqual(0)
            expect(score.high).toBeLessThanOrEqual(1 + 1e-12)
            expect(score.low).toBeLessThanOrEqual(score.value)
            expect(score.high).toBeGreaterThanOrEqual(score.value)
          }
          expect(row.complete).toBe(row.missing.length === 0)
        }
        const counted = board.agents.flatMap((row) => [...Object.values(row.outcomes), row.unfinished])
        expect(counted.reduce((sum, count) => sum + count, 0)).toBe(runs.length)
      }),
      { numRuns: 40 },
    )
  })

  test('the order of runs, baselines and experiments changes nothing', () => {
    fc.assert(
      fc.property(recipes, (runs) => {
        const experiment = syntheticExperiment(runs, usualBaselines)
        const turned = {
          ...experiment,
          runs: experiment.runs.toReversed(),
          baselines: experiment.baselines.toReversed(),
        }
        const other = syntheticExperiment([{ agent: 'z' }], [], 'other')
        const options = { protocol: syntheticProtocol, resamples: 50 }
        expect(aggregate([other, turned], options)).toEqual(aggregate([experiment, other], options))
      }),
      { numRuns: 25 },
    )
  })

  test('a flagged run is worth the same whatever its own score', () => {
    fc.assert(
      fc.property(recipes, fc.double({ min: 0, max: 1, noNaN: true }), (runs, accuracy) => {
        const flagged: RunRecipe = { agent: 'cheat', outcome: 'flagged', accuracy }
        const honest: RunRecipe = { agent: 'cheat', outcome: 'flagged', accuracy: 0 }
        const score = (run: RunRecipe): unknown => rowOf(boardOf([...runs, run]), 'cheat').score
        expect(score(flagged)).toEqual(score(honest))
      }),
      { numRuns: 25 },
    )
  })
})

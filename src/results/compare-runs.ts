import type { Finding } from '../domain/finding.ts'
import type { Outcome } from '../domain/outcome.ts'
import { renderDifferences } from '../lib/differences.ts'
import { comparePaired, percentileInterval, type Interval } from '../lib/stats.ts'
import { createBootstrap } from './bootstrap.ts'
import { findDifferences } from './comparable.ts'
import type { Measurement } from './measurement.ts'
import type { ExperimentData, ItemValues, RunData } from './store.ts'

export interface ComparedRun {
  readonly id: string
  readonly experiment: string
  readonly outcome: Outcome | null
  /** The submitted model's own score, also where it does not count. */
  readonly score: (Interval & { readonly value: number; readonly items: number }) | null
  readonly attempts: number
  readonly solveMs: number | null
  /** How the agent's time ended. */
  readonly ended: string | null
  readonly findings: readonly Pick<Finding, 'detector' | 'kind' | 'summary'>[]
}

/** Item by item, over the items of the test set. */
export interface ItemComparison {
  readonly items: number
  /** `right_or_wrong`: both, neither, or one of them is right. `graded`: one scores higher, or both score the same. */
  readonly kind: 'right_or_wrong' | 'graded'
  readonly bothRight: number
  readonly neitherRight: number
  /** Right in A alone, or better in A. */
  readonly onlyA: number
  readonly onlyB: number
  /** Graded items that score the same; 0 where items are right or wrong. */
  readonly same: number
  /** mean(A) - mean(B). */
  readonly difference: number
  /**
   * Two-sided, of the hypothesis that neither model answers these items better. Right or wrong items: the exact McNemar
   * test; graded ones: randomisation of the signs of the differences.
   */
  readonly p: number
}

export interface RunComparison {
  readonly kind: 'runs'
  readonly a: ComparedRun
  readonly b: ComparedRun
  /** Null with a reason where there are no items in common. */
  readonly items: ItemComparison | null
  readonly whyNoItems: string
  /** How the runs were specified differently: one `field: A -> B` each. */
  readonly spec: readonly string[]
}

interface RunSide {
  readonly experiment: ExperimentData
  readonly run: RunData
}

/** Two runs side by side, and their models item by item where they were asked the same. */
export function compareRuns(a: RunSide, b: RunSide, options: { readonly seed?: number } = {}): RunComparison {
  const { seed = 1 } = options
  const why = whyNoItems(a, b)
  return {
    kind: 'runs',
    a: describeRun(a, seed),
    b: describeRun(b, seed),
    items:
      why === '' && a.run.items !== null && b.run.items !== null
        ? compareItems(a.run.items, b.run.items, seed)
        : null,
    whyNoItems: why,
    spec: listSpecDifferences(a.run, b.run),
  }
}

function describeRun({ experiment, run }: RunSide, seed: number): ComparedRun {
  const { result } = run
  return {
    id: run.id,
    experiment: experiment.name,
    outcome: result?.outcome ?? run.state.outcome,
    score: scoreOf(run, seed),
    attempts: run.state.attempts.length,
    solveMs: result === null || result.solve.startedAt === null ? null : result.solve.durationMs,
    ended: result?.solve.ended ?? null,
    findings: (result?.findings ?? []).map(({ detector, kind, summary }) => ({ detector, kind, summary })),
  }
}

/** With the interval that the run alone would have on a leaderboard. */
function scoreOf({ id, experiment, spec, result, items }: RunData, seed: number): ComparedRun['score'] {
  const score = result?.ownScore ?? null
  if (score === null) return null
  const measurement: Measurement = {
    key: `run/${experiment}/${id}`,
    benchmark: spec.benchmark.id,
    score,
    values: items,
  }
  const draws = createBootstrap({ seed, resamples: 2000, measurements: [measurement] }).measurement(
    measurement,
  )
  const { low, high } = percentileInterval(draws)
  const value = score.accuracy
  return { value, low: Math.min(low, value), high: Math.max(high, value), items: score.items }
}

function whyNoItems(a: RunSide, b: RunSide): string {
  if (a.run.spec.benchmark.id !== b.run.spec.benchmark.id) return 'they are of different benchmarks'
  const differences = findDifferences(
    // by run and not by experiment: two runs of one experiment can differ as well
    [a, b].map(({ experiment, run }) => ({ ...experiment, name: run.id, runs: [run], baselines: [] })),
  ).filter((line) => !line.startsWith('base model '))
  if (differences.length > 0) return differences.join('; ')
  const without = [a, b].filter(({ run }) => run.items === null).map(({ run }) => run.id)
  return without.length === 0 ? '' : `there are no item scores of ${without.join(' and ')}`
}

/** Items that only one of them has would be a fault of the store; they are left out of both. */
export function compareItems(a: ItemValues, b: ItemValues, seed = 1): ItemComparison {
  const pairs = [...a].flatMap(([id, value]) => {
    const other = b.get(id)
    return other === undefined ? [] : [{ a: value, b: other }]
  })
  const count = (test: (pair: { a: number; b: number }) => boolean): number => pairs.filter(test).length
  const binary = pairs.every(({ a, b }) => (a === 0 || a === 1) && (b === 0 || b === 1))
  const onlyA = count(({ a, b }) => a > b)
  const onlyB = count(({ a, b }) => a < b)
  const bothRight = binary ? count(({ a, b }) => a === 1 && b === 1) : 0
  const neitherRight = binary ? count(({ a, b }) => a === 0 && b === 0) : 0
  if (pairs.length === 0) throw new RangeError('no items in common')
  const paired = comparePaired(
    pairs.map(({ a }) => a),
    pairs.map(({ b }) => b),
    { seed },
  )
  return {
    items: pairs.length,
    kind: binary ? 'right_or_wrong' : 'graded',
    bothRight,
    neitherRight,
    onlyA,
    onlyB,
    same: binary ? 0 : pairs.length - onlyA - onlyB,
    difference: paired.difference,
    p: binary ? mcnemarP(onlyA, onlyB) : paired.p,
  }
}

/**
 * Exact test of McNemar, Psychometrika 12 (1947) 153: of the items that only one got right, each is as likely to be A's as
 * B's. Twice the smaller tail of the binomial distribution; Fagerland, Lydersen & Laake, BMC Med. Res. Methodol. 13 (2013)
 * 91.
 */
export function mcnemarP(onlyA: number, onlyB: number): number {
  const trials = onlyA + onlyB
  let logTerm = -trials * Math.LN2
  let tail = 0
  for (let successes = 0; successes <= Math.min(onlyA, onlyB); successes++) {
    tail += Math.exp(logTerm)
    logTerm += Math.log((trials - successes) / (successes + 1))
  }
  return Math.min(1, 2 * tail)
}

function listSpecDifferences(a: RunData, b: RunData): string[] {
  const text = renderDifferences(shownSpec(a), shownSpec(b), '')
  return text === '' ? [] : text.split('\n')
}

/** Without the list of the agent's files, which its hash stands for. */
function shownSpec({ spec, repeat, harnessVersion }: RunData): unknown {
  const { files: _files, ...agent } = spec.agent
  return { ...spec, agent, repeat, harnessVersion }
}

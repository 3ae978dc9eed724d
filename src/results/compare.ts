import { BenchError } from '../domain/error.ts'
import type { IntervalCoverage } from '../domain/leaderboard.ts'
import type { Protocol } from '../domain/protocol.ts'
import { renderDifferences } from '../lib/differences.ts'
import { mean, percentileInterval, type Interval } from '../lib/stats.ts'
import { groupAgents, type AgentGroup } from './agent-groups.ts'
import { createBootstrap } from './bootstrap.ts'
import { planCell, type PlannedCell } from './cells.ts'
import { findDifferences } from './comparable.ts'
import { collectBaselines } from './measurement.ts'
import type { ExperimentData } from './store.ts'
import { planWeights } from './weights.ts'

/** An agent's runs in one experiment. */
export interface Side {
  readonly experiment: ExperimentData
  readonly group: AgentGroup
}

/** score(A) - score(B). */
export interface Difference extends Interval {
  readonly value: number
  /** Share of the resamples in which A scores higher; those without a difference count half. */
  readonly ahead: number
}

/** What a side has in a cell. */
interface CellScore {
  /** Mean over the runs that count; null when none does. */
  readonly score: number | null
  readonly counting: number
  /** How many of those are the base model's in place of a run's own. */
  readonly asBase: number
  /** Why nothing counts. */
  readonly why: string
}

export interface AgentComparison {
  readonly kind: 'agents'
  readonly a: ComparedAgent
  readonly b: ComparedAgent
  readonly protocol: { readonly id: string; readonly hash: string }
  /** Over the cells that both have. */
  readonly benchmarks: readonly {
    readonly id: string
    readonly weight: number
    readonly cells: number
    readonly a: number
    readonly b: number
    readonly difference: Difference
  }[]
  /** Weighted mean over these benchmarks; null when no cell has a score on both sides. */
  readonly weighted: { readonly a: number; readonly b: number; readonly difference: Difference } | null
  /** Every cell of either side. */
  readonly cells: readonly {
    readonly benchmark: string
    readonly baseModel: string
    readonly a: CellScore
    readonly b: CellScore
  }[]
  readonly interval: {
    readonly level: number
    readonly method: 'two_level_bootstrap'
    readonly resamples: number
    readonly seed: number
    readonly covers: IntervalCoverage
    readonly items: 'resampled' | 'binomial' | 'mixed'
  }
  /** How the sides were run differently: one `field: A -> B` each. */
  readonly settings: readonly string[]
  readonly notes: readonly string[]
}

export interface ComparedAgent {
  readonly label: string
  readonly experiment: string
  readonly path: string
  readonly runs: number
}

export interface CompareOptions {
  /** The protocol that the runs name. */
  readonly protocol: Protocol
  /** Of the bootstrap. */
  readonly seed?: number
  readonly resamples?: number
}

/**
 * The difference of two agents over the cells in which both have a score (docs/statistics.md): every resample draws the
 * items of a benchmark once for both, and the runs of each cell for each. Throws when their scores cannot be compared.
 */
export function compareAgents(sideA: Side, sideB: Side, options: CompareOptions): AgentComparison {
  const { protocol, seed = 1, resamples = 2000 } = options
  const [a, b] = tellApart(sideA, sideB)
  const experiments = a.experiment === b.experiment ? [a.experiment] : [a.experiment, b.experiment]
  assertComparable([a, b])
  const baselines = collectBaselines(experiments)
  const specs = [...a.group.runs, ...b.group.runs].map(({ spec }) => spec)
  const benchmarks = protocol.benchmarks.filter((id) => specs.some((spec) => spec.benchmark.id === id))
  const baseModels = [...new Set(specs.map((spec) => spec.baseModel.id))].sort()
  const planned = benchmarks
    .flatMap((benchmark) => baseModels.map((baseModel) => ({ benchmark, baseModel })))
    .map((cell) => {
      const base = baselines.find('base_zero_shot', cell.baseModel, cell.benchmark)
      return { ...cell, a: planCell(cell, a.group.runs, base), b: planCell(cell, b.group.runs, base) }
    })
    // what neither of them was ever to run is no cell of theirs
    .filter(({ a, b }) => a.runs.length + b.runs.length > 0)
  const common = planned.filter(({ a, b }) => a.counting.length > 0 && b.counting.length > 0)
  const bootstrap = createBootstrap({
    seed,
    resamples,
    measurements: planned.flatMap(({ a, b }) => [...a.counting, ...b.counting]),
  })
  // named after the agent, so that exchanging the sides exchanges the draws as well
  const drawsOf = (side: Side, cell: PlannedCell): Float64Array =>
    bootstrap.cell(
      JSON.stringify([side.experiment.name, side.group.id, cell.benchmark, cell.baseModel]),
      cell.counting,
    )
  const compared = benchmarks.filter((id) => common.some(({ benchmark }) => benchmark === id))
  const weights = planWeights(protocol, compared, baseModels, baselines)
  const drawn = compared.map((id) => {
    const cells = common.filter(({ benchmark }) => benchmark === id)
    const parts = cells.map((cell) => ({
      weight: 1,
      a: scoreOf(cell.a),
      b: scoreOf(cell.b),
      draws: subtract(drawsOf(a, cell.a), drawsOf(b, cell.b)),
    }))
    return { id, weight: weights.values.get(id) ?? 0, cells: cells.length, ...weightedMean(parts) }
  })
  const weighted = drawn.length === 0 ? null : weightedMean(drawn)
  const usage = bootstrap.usage()
  const missing = planned.length - common.length
  const problems = experiments.reduce((sum, { problems }) => sum + problems.length, 0)
  return {
    kind: 'agents',
    a: describeSide(a),
    b: describeSide(b),
    protocol: { id: protocol.id, hash: specs[0]?.protocol.hash ?? '' },
    benchmarks: drawn.map(({ draws, ...row }) => ({ ...row, difference: differenceOf(row, draws) })),
    weighted:
      weighted === null
        ? null
        : { a: weighted.a, b: weighted.b, difference: differenceOf(weighted, weighted.draws) },
    cells: planned.map(({ benchmark, baseModel, a, b }) => ({
      benchmark,
      baseModel,
      a: cellScore(a),
      b: cellScore(b),
    })),
    interval: {
      level: 0.95,
      method: 'two_level_bootstrap',
      resamples,
      seed,
      covers: coverageOf(common.flatMap(({ a, b }) => [a.counting.length, b.counting.length])),
      items: usage.binomial === 0 ? 'resampled' : usage.resampled === 0 ? 'binomial' : 'mixed',
    },
    settings: listSettings(a.group, b.group),
    notes: [
      ...(missing === 0
        ? []
        : [
            `Incomplete: ${missing} of ${planned.length} cells lack a score on a side and are left out of both.`,
          ]),
      ...(compared.length > 1 ? [weights.note] : []),
      ...baselines.notes,
      ...(problems === 0
        ? []
        : [`Not everything could be read (${problems} files): \`ptb leaderboard\` names what.`]),
    ],
  }
}

export interface ExperimentComparison {
  readonly kind: 'experiments'
  readonly a: { readonly name: string; readonly path: string }
  readonly b: { readonly name: string; readonly path: string }
  /** One per agent that both have, by its label. */
  readonly agents: readonly AgentComparison[]
  readonly onlyA: readonly string[]
  readonly onlyB: readonly string[]
}

/** Each agent of one experiment with the agent of the same label of the other. */
export function compareExperiments(
  a: ExperimentData,
  b: ExperimentData,
  options: CompareOptions,
): ExperimentComparison {
  const groupsA = groupAgents([a])
  const groupsB = groupAgents([b])
  const without = (own: readonly AgentGroup[], other: readonly AgentGroup[]): string[] =>
    own.map(({ label }) => label).filter((label) => other.every((group) => group.label !== label))
  return {
    kind: 'experiments',
    a: { name: a.name, path: a.path },
    b: { name: b.name, path: b.path },
    agents: groupsA.flatMap((group) => {
      const other = groupsB.find(({ label }) => label === group.label)
      if (other === undefined) return []
      return [compareAgents({ experiment: a, group }, { experiment: b, group: other }, options)]
    }),
    onlyA: without(groupsA, groupsB),
    onlyB: without(groupsB, groupsA),
  }
}

/**
 * Run ids are only unique within an experiment, and experiments of one name may lie in two folders: theirs get another
 * name here, in an order that does not depend on the sides.
 */
function tellApart(a: Side, b: Side): [Side, Side] {
  if (a.experiment.path === b.experiment.path || a.experiment.name !== b.experiment.name) return [a, b]
  const first = a.experiment.path < b.experiment.path ? a : b
  const renamed = (side: Side): Side => {
    const name = `${side.experiment.name} (${side === first ? 'first' : 'second'})`
    return {
      experiment: { ...side.experiment, name },
      group: { ...side.group, runs: side.group.runs.map((run) => ({ ...run, experiment: name })) },
    }
  }
  return [renamed(a), renamed(b)]
}

function assertComparable(sides: readonly Side[]): void {
  const differences = findDifferences(
    sides.map(({ experiment, group }) => ({ ...experiment, runs: group.runs })),
  )
  if (differences.length === 0) return
  throw new BenchError(
    `these scores cannot be compared:\n${differences.map((line) => `  ${line}`).join('\n')}`,
    {
      code: 'results/not_comparable',
      kind: 'usage',
      remedy: 'Run both agents under the same protocol and on the same items.',
    },
  )
}

interface Drawn {
  readonly a: number
  readonly b: number
  /** Of A - B. */
  readonly draws: Float64Array
}

function weightedMean(parts: readonly (Drawn & { readonly weight: number })[]): Drawn {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  const over = (read: (part: Drawn) => number): number =>
    parts.reduce((sum, part) => sum + read(part) * part.weight, 0) / total
  const resamples = parts[0]?.draws.length ?? 0
  return {
    a: over(({ a }) => a),
    b: over(({ b }) => b),
    draws: Float64Array.from({ length: resamples }, (_, resample) =>
      over(({ draws }) => draws[resample] ?? Number.NaN),
    ),
  }
}

function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, resample) => value - (b[resample] ?? Number.NaN))
}

/** The value always lies in its interval, also where the draws are few or all alike. */
function differenceOf({ a, b }: Omit<Drawn, 'draws'>, draws: Float64Array): Difference {
  const value = a - b
  const { low, high } = percentileInterval(draws)
  const ahead = mean(draws.map((draw) => (draw > rounding ? 1 : draw < -rounding ? 0 : 0.5)))
  return { value, low: Math.min(low, value), high: Math.max(high, value), ahead }
}

/** Sums of the same terms in another order differ by this little. */
const rounding = 1e-12

function scoreOf({ counting }: PlannedCell): number {
  return mean(counting.map(({ score }) => score.accuracy))
}

function cellScore(cell: PlannedCell): CellScore {
  const { counting, asBase, why } = cell
  return { score: counting.length === 0 ? null : scoreOf(cell), counting: counting.length, asBase, why }
}

function coverageOf(counts: readonly number[]): IntervalCoverage {
  if (counts.every((count) => count === 1)) return 'items'
  return counts.every((count) => count > 1) ? 'runs_and_items' : 'mixed'
}

function describeSide({ experiment, group }: Side): ComparedAgent {
  return {
    label: group.label,
    experiment: experiment.name,
    path: experiment.path,
    runs: group.runs.length,
  }
}

/** Whatever is not settled by the protocol but can move a score. */
function listSettings(a: AgentGroup, b: AgentGroup): string[] {
  const text = renderDifferences(settingsOf(a), settingsOf(b), '')
  const lines = text === '' ? [] : text.split('\n')
  // two agents are expected to have other files
  return a.agent === b.agent ? lines : lines.filter((line) => !line.startsWith('files:'))
}

function settingsOf({ runs }: AgentGroup): Record<string, unknown> {
  const of = (read: (run: AgentGroup['runs'][number]) => unknown): unknown => {
    const known = runs.map(read).filter((value) => value !== undefined)
    const values = new Map(known.map((value) => [JSON.stringify(value), value]))
    const [first] = values.values()
    return values.size < 2 ? first : [...values.keys()].sort().join(' or ').replaceAll('"', '')
  }
  return {
    options: of(({ spec }) => spec.agent.config),
    files: of(({ spec }) => spec.agent.hash.slice(0, 12)),
    budget: of(({ spec }) => spec.budget),
    limits: of(({ spec }) => spec.limits),
    reprompt: of(({ spec }) => spec.reprompt),
    prompt: of(({ spec }) => spec.prompt.hash.slice(0, 12)),
    policy: of(({ spec }) => spec.policy.hash.slice(0, 12)),
    network: of(({ spec }) => spec.network),
    engine: of(({ spec }) => spec.engine),
    sandbox: of(({ result }) => result?.sandbox),
    harness: of(({ harnessVersion }) => harnessVersion),
  }
}

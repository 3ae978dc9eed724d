import { BenchError } from '../domain/error.ts'
import type { AgentRow, BaselineRow, Estimate, Leaderboard } from '../domain/leaderboard.ts'
import type { Protocol } from '../domain/protocol.ts'
import { isContended } from '../domain/result.ts'
import { createBootstrap, type Bootstrap } from './bootstrap.ts'
import { groupAgents, type AgentGroup } from './agent-groups.ts'
import { findDifferences } from './comparable.ts'
import { describeBoard } from './board-notes.ts'
import { baselineTitle, collectBaselines, type Measurement } from './measurement.ts'
import { planCell, type PlannedCell } from './cells.ts'
import { scoreCells } from './score-cells.ts'
import type { ExperimentData } from './store.ts'
import { planWeights } from './weights.ts'

export interface AggregateOptions {
  /** The protocol that the runs name. */
  readonly protocol: Protocol
  /** Of the bootstrap. */
  readonly seed?: number
  readonly resamples?: number
}

/**
 * Leaderboard of one or several experiments (docs/statistics.md): the score of an agent is the weighted mean over
 * benchmarks of the mean over base models of its cells, each the mean of what its runs count. Throws when the
 * experiments cannot be compared; `groupComparable` tells them apart.
 */
export function aggregate(experiments: readonly ExperimentData[], options: AggregateOptions): Leaderboard {
  const { protocol, seed = 1, resamples = 2000 } = options
  assertComparable(experiments, protocol)
  const specs = experiments.flatMap(({ runs, baselines }) => [...runs, ...baselines].map(({ spec }) => spec))
  const benchmarks = protocol.benchmarks.filter((id) => specs.some((spec) => spec.benchmark.id === id))
  const baseModels = [...new Set(specs.map((spec) => spec.baseModel.id))].sort()
  const baselines = collectBaselines(experiments)
  const weights = planWeights(protocol, benchmarks, baseModels, baselines)
  const cells = benchmarks.flatMap((benchmark) => baseModels.map((baseModel) => ({ benchmark, baseModel })))
  const groups = groupAgents(experiments)

  const agentPlans = groups.map((group) => ({
    group,
    cells: cells.map((cell) =>
      planCell(cell, group.runs, baselines.find('base_zero_shot', cell.baseModel, cell.benchmark)),
    ),
  }))
  const baselinePlans = baselines.kinds.map((kind) => ({
    kind,
    cells: cells.map(({ benchmark, baseModel }) =>
      baselineCell(benchmark, baseModel, baselines.find(kind, baseModel, benchmark)),
    ),
  }))
  const measurements = [...agentPlans, ...baselinePlans].flatMap((plan) =>
    plan.cells.flatMap(({ counting }) => counting),
  )
  const bootstrap = createBootstrap({ seed, resamples, measurements })
  const score = { benchmarks, weights: weights.values, bootstrap }
  const agents = agentPlans.map(({ group, cells }) => agentRow(group, cells, score))
  const baselineRows = baselinePlans.map(({ kind, cells }): BaselineRow => ({
    kind: 'baseline',
    baseline: kind,
    id: kind,
    label: baselineTitle(kind),
    ...scoreCells(kind, cells, score),
  }))

  const results = experiments.flatMap(({ runs }) => runs.flatMap(({ result }) => result ?? []))
  const usage = bootstrap.usage()
  const board: Leaderboard = {
    schemaVersion: 1,
    experiments: experiments.map(({ name }) => name).sort(),
    asOf:
      results
        .map(({ finishedAt }) => finishedAt)
        .sort()
        .at(-1) ?? null,
    protocol: { id: protocol.id, title: protocol.title, hash: specs[0]?.protocol.hash ?? '' },
    benchmarks: benchmarks.map((id) => {
      const benchmark = specs.find((spec) => spec.benchmark.id === id)?.benchmark
      return {
        id,
        version: benchmark?.version ?? 0,
        itemsHash: benchmark?.itemsHash ?? '',
        items: Math.max(
          0,
          ...measurements.filter((one) => one.benchmark === id).map((one) => one.score.items),
        ),
        weight: weights.values.get(id) ?? 0,
        gap: weights.gaps.get(id) ?? null,
      }
    }),
    baseModels,
    weights: { source: weights.source, note: weights.note },
    interval: {
      level: 0.95,
      method: 'two_level_bootstrap',
      resamples,
      seed,
      items: usage.binomial === 0 ? 'resampled' : usage.resampled === 0 ? 'binomial' : 'mixed',
    },
    harnessVersions: [
      ...new Set(experiments.flatMap(({ runs }) => runs.map((run) => run.harnessVersion))),
    ].sort(),
    agents: rank(agents),
    baselines: baselineRows.toSorted(byScore),
    notes: [],
    problems: experiments
      .flatMap(({ name, problems }) => problems.map((problem) => ({ experiment: name, ...problem })))
      .toSorted((a, b) => compare(`${a.experiment}/${a.path}`, `${b.experiment}/${b.path}`)),
  }
  return { ...board, notes: describeBoard(board, [...baselines.notes, ...engineNotes(experiments)]) }
}

function assertComparable(experiments: readonly ExperimentData[], protocol: Protocol): void {
  const differences = findDifferences(experiments)
  const stranger = experiments
    .flatMap(({ runs, baselines }) => [...runs, ...baselines])
    .find(({ spec }) => spec.protocol.id !== protocol.id)
  if (stranger !== undefined)
    differences.push(
      `protocol: ${stranger.spec.protocol.id} in ${stranger.id}, but ${protocol.id} was asked for`,
    )
  if (differences.length === 0) return
  throw new BenchError(
    `these results cannot share a leaderboard:\n${differences.map((line) => `  ${line}`).join('\n')}`,
    {
      code: 'results/not_comparable',
      kind: 'usage',
      remedy: 'Show the experiments on leaderboards of their own.',
    },
  )
}

function baselineCell(benchmark: string, baseModel: string, measurement: Measurement | null): PlannedCell {
  return {
    benchmark,
    baseModel,
    runs: [],
    counting: measurement === null ? [] : [measurement],
    asBase: 0,
    why: measurement === null ? 'not measured' : '',
  }
}

function agentRow(
  group: AgentGroup,
  cells: readonly PlannedCell[],
  score: { benchmarks: readonly string[]; weights: ReadonlyMap<string, number>; bootstrap: Bootstrap },
): AgentRow {
  const results = group.runs.flatMap(({ result }) => result ?? [])
  const started = results.filter(({ solve }) => solve.startedAt !== null)
  const count = (test: (result: (typeof results)[number]) => boolean): number => results.filter(test).length
  return {
    kind: 'agent',
    id: group.id,
    label: group.label,
    ...scoreCells(group.id, cells, score),
    rank: null,
    agent: group.agent,
    agentConfig: group.agentConfig,
    agentHash: group.agentHash,
    budget: group.budget,
    runs: group.runs.length,
    outcomes: {
      scored: count(({ outcome }) => outcome.kind === 'scored'),
      flagged: count(({ outcome }) => outcome.kind === 'flagged'),
      no_model: count(({ outcome }) => outcome.kind === 'no_model'),
      infra_failure: count(({ outcome }) => outcome.kind === 'infra_failure'),
      unjudged: count(({ outcome }) => outcome.kind === 'unjudged'),
      cancelled: count(({ outcome }) => outcome.kind === 'cancelled'),
    },
    unfinished: group.runs.length - results.length,
    attempts: group.runs.reduce((sum, { state }) => sum + state.attempts.length, 0),
    solveMs:
      started.length === 0
        ? null
        : started.reduce((sum, { solve }) => sum + solve.durationMs, 0) / started.length,
    unisolated: count(({ isolated, death }) => !isolated && death !== 'not_started'),
    unprovenDeaths: count(({ death }) => death === 'unproven'),
    contended: group.runs.filter(({ result, spec }) => isContended(result?.resources ?? null, spec.limits))
      .length,
  }
}

/** Complete rows by score, equal scores sharing a rank; then the incomplete ones, without a rank. */
function rank(rows: readonly AgentRow[]): AgentRow[] {
  const complete = rows.filter((row) => row.complete).toSorted(byScore)
  const incomplete = rows.filter((row) => !row.complete).toSorted(byScore)
  const ranked = complete.map((row) => ({
    ...row,
    rank: 1 + complete.filter((other) => valueOf(other) > valueOf(row) + 1e-12).length,
  }))
  return [...ranked, ...incomplete]
}

function byScore(
  a: { readonly score: Estimate | null; readonly label: string; readonly id: string },
  b: { readonly score: Estimate | null; readonly label: string; readonly id: string },
): number {
  return valueOf(b) - valueOf(a) || compare(a.label, b.label) || compare(a.id, b.id)
}

function valueOf(row: { readonly score: Estimate | null }): number {
  return row.score?.value ?? -1
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Settings that a protocol leaves open but that can move a score. */
function engineNotes(experiments: readonly ExperimentData[]): string[] {
  const runs = experiments.flatMap(({ runs }) => runs)
  const engines = [...new Set(runs.map(({ spec }) => spec.engine))].sort()
  const networks = [...new Set(runs.map(({ spec }) => spec.network))].sort()
  return [
    ...(engines.length > 1 ? [`Evaluated with different engines: ${engines.join(', ')}.`] : []),
    ...(networks.length > 1 ? [`Agents ran with different networks: ${networks.join(', ')}.`] : []),
  ]
}

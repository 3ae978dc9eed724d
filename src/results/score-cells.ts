import type { Estimate, IntervalCoverage, LeaderboardCell } from '../domain/leaderboard.ts'
import { mean, percentileInterval } from '../lib/stats.ts'
import type { Bootstrap } from './bootstrap.ts'
import type { PlannedCell } from './cells.ts'

export interface ScoredCells {
  readonly score: Estimate | null
  readonly complete: boolean
  readonly missing: { benchmark: string; baseModel: string; why: string }[]
  readonly benchmarks: { id: string; score: Estimate | null }[]
  readonly cells: LeaderboardCell[]
  readonly intervalCovers: IntervalCoverage
}

/** A number with what it might have been. */
interface Drawn {
  readonly value: number
  readonly draws: Float64Array
}

/**
 * Weighted mean over benchmarks of the mean over base models. A cell without a score is left out of both and makes
 * the row incomplete: it is never filled with another model's score.
 */
export function scoreCells(
  rowId: string,
  cells: readonly PlannedCell[],
  board: {
    readonly benchmarks: readonly string[]
    readonly weights: ReadonlyMap<string, number>
    readonly bootstrap: Bootstrap
  },
): ScoredCells {
  const byBenchmark = board.benchmarks.map((id) => {
    const known = cells
      .filter(({ benchmark, counting }) => benchmark === id && counting.length > 0)
      .map((cell): Drawn => ({
        value: cellScore(cell),
        draws: board.bootstrap.cell(JSON.stringify([rowId, id, cell.baseModel]), cell.counting),
      }))
    return {
      id,
      weight: board.weights.get(id) ?? 0,
      drawn: weightedMean(known.map((cell) => ({ ...cell, weight: 1 }))),
    }
  })
  const total = weightedMean(
    byBenchmark.flatMap(({ weight, drawn }) => (drawn === null ? [] : [{ ...drawn, weight }])),
  )
  const missing = cells
    .filter(({ counting }) => counting.length === 0)
    .map(({ benchmark, baseModel, why }) => ({ benchmark, baseModel, why }))
  return {
    score: total === null ? null : estimate(total),
    complete: missing.length === 0 && cells.length > 0,
    missing,
    benchmarks: byBenchmark.map(({ id, drawn }) => ({ id, score: drawn === null ? null : estimate(drawn) })),
    cells: cells.map((cell) => ({
      benchmark: cell.benchmark,
      baseModel: cell.baseModel,
      score: cell.counting.length === 0 ? null : cellScore(cell),
      counting: cell.counting.length,
      asBase: cell.asBase,
      runs: [...cell.runs],
    })),
    intervalCovers: coverage(cells),
  }
}

function cellScore({ counting }: PlannedCell): number {
  return mean(counting.map(({ score }) => score.accuracy))
}

function weightedMean(parts: readonly (Drawn & { readonly weight: number })[]): Drawn | null {
  const first = parts[0]
  const weights = parts.reduce((sum, { weight }) => sum + weight, 0)
  if (first === undefined || weights === 0) return null
  return {
    value: parts.reduce((sum, { value, weight }) => sum + value * weight, 0) / weights,
    draws: first.draws.map(
      (_, resample) =>
        parts.reduce((sum, { draws, weight }) => sum + (draws[resample] ?? Number.NaN) * weight, 0) / weights,
    ),
  }
}

/** The value always lies in its interval, also where the draws are few or all alike. */
function estimate({ value, draws }: Drawn): Estimate {
  const { low, high } = percentileInterval(draws)
  return { value, low: Math.min(low, value), high: Math.max(high, value) }
}

function coverage(cells: readonly PlannedCell[]): IntervalCoverage {
  const counts = cells.map(({ counting }) => counting.length).filter((count) => count > 0)
  if (counts.every((count) => count === 1)) return 'items'
  return counts.every((count) => count > 1) ? 'runs_and_items' : 'mixed'
}

import { join } from 'node:path'
import type { Leaderboard } from '../domain/leaderboard.ts'
import { writeJsonAtomic } from '../lib/atomic-file.ts'
import { aggregate } from '../results/aggregate.ts'
import { renderLeaderboard } from '../results/leaderboard.ts'
import { readExperiment, type ExperimentData } from '../results/store.ts'
import { BenchError } from '../domain/error.ts'
import { readCatalog } from '../run/catalog.ts'
import { usesColour } from './render.ts'

/** The leaderboard of experiments that can be compared. */
export async function readLeaderboard(
  paths: readonly string[],
): Promise<{ board: Leaderboard; experiments: ExperimentData[] }> {
  const experiments: ExperimentData[] = []
  for (const path of paths) experiments.push(await readExperiment(path))
  const ids = new Set(
    experiments.flatMap(({ runs, baselines }) => [...runs, ...baselines].map(({ spec }) => spec.protocol.id)),
  )
  const [id] = ids
  if (id === undefined)
    throw new BenchError(`there are no runs in ${paths.join(', ')}`, {
      code: 'results/empty',
      kind: 'usage',
      remedy: "Name an experiment's folder, such as results/demo.",
    })
  return { board: aggregate(experiments, { protocol: (await readCatalog()).protocol(id) }), experiments }
}

/** Writes `leaderboard.json` beside the runs and returns what to print. */
export async function renderSummary(path: string, options: { readonly json: boolean }): Promise<string> {
  const { board } = await readLeaderboard([path])
  await writeJsonAtomic(join(path, 'leaderboard.json'), board)
  return renderBoard(board, options)
}

export function renderBoard(board: Leaderboard, options: { readonly json: boolean }): string {
  if (options.json) return JSON.stringify(board, null, 2)
  const width = process.stdout.columns
  return renderLeaderboard(board, {
    colour: usesColour(process.stdout),
    ...(width === undefined ? {} : { width }),
  })
}

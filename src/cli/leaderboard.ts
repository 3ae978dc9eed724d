import { join } from 'node:path'
import type { Leaderboard } from '../domain/leaderboard.ts'
import { writeJsonAtomic } from '../lib/atomic-file.ts'
import { aggregate } from '../results/aggregate.ts'
import { renderCsv } from '../results/exporters/csv.ts'
import { renderMarkdown } from '../results/exporters/markdown.ts'
import { renderLeaderboard } from '../results/leaderboard.ts'
import { readExperiment, type ExperimentData } from '../results/store.ts'
import { BenchError } from '../domain/error.ts'
import { readRecordedProtocol } from './recorded-protocol.ts'
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
  const { protocol } = await readRecordedProtocol(paths, id)
  return { board: aggregate(experiments, { protocol }), experiments }
}

/** Writes `leaderboard.json` beside the runs and returns what to print. */
export async function renderSummary(path: string, options: { readonly json: boolean }): Promise<string> {
  const { board } = await readLeaderboard([path])
  await writeJsonAtomic(join(path, 'leaderboard.json'), board)
  return renderBoard(board, options.json ? 'json' : 'table')
}

export type BoardFormat = 'table' | 'json' | 'csv' | 'markdown'

/** One format at a time: flags that contradict each other are a mistake, not a preference. */
export function chooseFormat(flags: {
  readonly json: boolean
  readonly csv: boolean
  readonly md: boolean
}): BoardFormat {
  const asked = (['json', 'csv', 'md'] as const).filter((name) => flags[name])
  const [format, ...others] = asked
  if (others.length > 0)
    throw new BenchError(`${asked.map((name) => `--${name}`).join(' and ')} are different formats`, {
      code: 'leaderboard/formats',
      kind: 'usage',
      remedy: 'Choose one of them.',
    })
  return format === undefined ? 'table' : format === 'md' ? 'markdown' : format
}

export function renderBoard(board: Leaderboard, format: BoardFormat): string {
  switch (format) {
    case 'json':
      return JSON.stringify(board, null, 2)
    case 'csv':
      return renderCsv(board)
    case 'markdown':
      return renderMarkdown(board)
    case 'table':
      return renderTerminalBoard(board)
  }
}

function renderTerminalBoard(board: Leaderboard): string {
  const width = process.stdout.columns
  return renderLeaderboard(board, {
    colour: usesColour(process.stdout),
    ...(width === undefined ? {} : { width }),
  })
}

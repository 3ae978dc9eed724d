import { buildCommand } from '@stricli/core'
import { jsonFlag, resultsFlag } from '../flags.ts'

export const leaderboard = buildCommand({
  async func(flags: { results: string; json: boolean }, ...names: string[]) {
    const { findExperiment } = await import('../find-run.ts')
    const { readLeaderboard, renderBoard } = await import('../leaderboard.ts')
    const paths = await Promise.all(names.map((name) => findExperiment(flags.results, name)))
    const { board } = await readLeaderboard(paths)
    console.log(renderBoard(board, flags))
  },
  parameters: {
    flags: { results: resultsFlag, json: jsonFlag },
    positional: {
      kind: 'array',
      parameter: { brief: "experiment's folder, file or name", parse: String, placeholder: 'EXPERIMENT' },
      minimum: 1,
    },
  },
  docs: {
    brief: 'ranks the agents of one or several experiments',
    fullDescription:
      'Weighted score with its 95 % interval, per benchmark, outcomes, attempts and time. Folders can be joined when they\n' +
      'have protocol and items in common.\n\n' +
      'examples:\n  ptb leaderboard results/demo\n  ptb leaderboard results/a results/b --json > leaderboard.json',
  },
})

import { buildCommand } from '@stricli/core'
import { jsonFlag } from '../flags.ts'

export const leaderboard = buildCommand({
  async func(flags: { json: boolean }, ...paths: string[]) {
    const { readLeaderboard, renderBoard } = await import('../leaderboard.ts')
    const { board } = await readLeaderboard(paths)
    console.log(renderBoard(board, flags))
  },
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: 'array',
      parameter: { brief: "experiment's folder", parse: String, placeholder: 'DIR' },
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

import { buildCommand } from '@stricli/core'
import { jsonFlag, resultsFlag } from '../flags.ts'

export const leaderboard = buildCommand({
  async func(flags: { results: string; json: boolean; csv: boolean; md: boolean }, ...names: string[]) {
    const { findExperiment } = await import('../find-run.ts')
    const { chooseFormat, readLeaderboard, renderBoard } = await import('../leaderboard.ts')
    const format = chooseFormat(flags)
    const paths = await Promise.all(names.map((name) => findExperiment(flags.results, name)))
    const { board } = await readLeaderboard(paths)
    const text = renderBoard(board, format)
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  },
  parameters: {
    flags: {
      results: resultsFlag,
      json: jsonFlag,
      csv: {
        kind: 'boolean',
        brief: 'print CSV: a line per row and benchmark, and one for its weighted score',
        default: false,
        withNegated: false,
      },
      md: {
        kind: 'boolean',
        brief: 'print a Markdown table with the notes',
        default: false,
        withNegated: false,
      },
    },
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
      'examples:\n  ptb leaderboard results/demo\n  ptb leaderboard results/a results/b --json > leaderboard.json\n' +
      '  ptb leaderboard demo --csv > leaderboard.csv      # pandas.read_csv("leaderboard.csv")',
  },
})

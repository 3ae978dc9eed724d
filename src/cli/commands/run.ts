import { buildCommand } from '@stricli/core'
import { configFlag, resultsFlag } from '../flags.ts'

export const runCommand = buildCommand({
  async func(flags: { results: string; config?: string; baselines: boolean; json: boolean }, file: string) {
    const { runExperimentFile } = await import('../run-experiment.ts')
    const { renderSummary } = await import('../leaderboard.ts')
    const summary = await runExperimentFile({
      file,
      results: flags.results,
      config: flags.config,
      what: flags.baselines ? 'all' : 'runs',
    })
    if (summary.interrupted) {
      process.exitCode = 130
      return
    }
    console.log(await renderSummary(summary.path, { json: flags.json }))
    if (summary.stuck > 0 || summary.failed > 0) process.exitCode = 1
  },
  parameters: {
    flags: {
      results: resultsFlag,
      config: configFlag,
      baselines: {
        kind: 'boolean',
        brief: 'also run the baselines that the scores are weighted with',
        default: true,
        withNegated: true,
      },
      json: { kind: 'boolean', brief: 'print the leaderboard as JSON', default: false, withNegated: false },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'experiment file', parse: String, placeholder: 'FILE' }],
    },
  },
  docs: {
    brief: 'locks an experiment and runs what is missing of it',
    fullDescription:
      'Resolves the experiment file into runs, freezes them in experiment.lock.json and starts a detached worker for each\n' +
      'one that is not finished. Run it again at any time: it joins what is running and starts what is missing. Ctrl-C\n' +
      'leaves the runs running.\n\n' +
      'examples:\n  ptb run experiment.yaml\n  ptb run nano/demo.yaml --results /data/results',
  },
})

import { buildCommand } from '@stricli/core'
import { configFlag, resultsFlag } from '../flags.ts'

export const baseline = buildCommand({
  async func(flags: { results: string; config?: string; json: boolean }, file: string) {
    const { runExperimentFile } = await import('../run-experiment.ts')
    const { renderSummary } = await import('../leaderboard.ts')
    const summary = await runExperimentFile({
      file,
      results: flags.results,
      config: flags.config,
      what: 'baselines',
    })
    if (summary.interrupted) {
      process.exitCode = 130
      return
    }
    console.log(await renderSummary(summary.path, { json: flags.json }))
    if (summary.stuck > 0) process.exitCode = 1
  },
  parameters: {
    flags: {
      results: resultsFlag,
      config: configFlag,
      json: { kind: 'boolean', brief: 'print the leaderboard as JSON', default: false, withNegated: false },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'experiment file', parse: String, placeholder: 'FILE' }],
    },
  },
  docs: {
    brief: 'evaluates the base models and their instruct siblings as they are',
    fullDescription:
      "The experiment's own baselines, under its protocol and seeds: base zero-shot, base few-shot, and each instruct\n" +
      'sibling. They weight the benchmarks and stand in for runs without a valid model. `ptb run` runs them as well.\n\n' +
      'example:\n  ptb baseline experiment.yaml',
  },
})

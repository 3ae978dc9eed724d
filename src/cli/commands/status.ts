import { buildCommand } from '@stricli/core'
import { experimentOrAll, jsonFlag, resultsFlag } from '../flags.ts'

export const status = buildCommand({
  async func(flags: { results: string; json: boolean }, path?: string) {
    const { findExperiment } = await import('../find-run.ts')
    const { renderStatus } = await import('../status.ts')
    const folder = await findExperiment(flags.results, path)
    console.log(await renderStatus(folder, { json: flags.json }))
  },
  parameters: {
    flags: { results: resultsFlag, json: jsonFlag },
    positional: {
      kind: 'tuple',
      parameters: [experimentOrAll],
    },
  },
  docs: {
    brief: 'shows every run: phase, time left, outcome',
    fullDescription:
      'Works from any terminal, also while `ptb run` is not there.\n\nexamples:\n  ptb status\n  ptb status results/demo --json',
  },
})

import { buildCommand } from '@stricli/core'
import { jsonFlag, resultsFlag } from '../flags.ts'

export const status = buildCommand({
  async func(flags: { results: string; json: boolean }, path?: string) {
    const { renderStatus } = await import('../status.ts')
    console.log(await renderStatus(path ?? flags.results, { json: flags.json }))
  },
  parameters: {
    flags: { results: resultsFlag, json: jsonFlag },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: "experiment's folder; default: all", parse: String, placeholder: 'DIR', optional: true }],
    },
  },
  docs: {
    brief: 'shows every run: phase, time left, outcome',
    fullDescription: 'Works from any terminal, also while `ptb run` is not there.\n\nexamples:\n  ptb status\n  ptb status results/demo --json',
  },
})

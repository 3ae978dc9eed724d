import { buildCommand } from '@stricli/core'
import { jsonFlag, resultsFlag } from '../flags.ts'

export const plan = buildCommand({
  async func(flags: { results: string; commands: boolean; json: boolean }, file: string) {
    const { renderPlan } = await import('../plan.ts')
    console.log(await renderPlan({ file, ...flags }))
  },
  parameters: {
    flags: {
      results: resultsFlag,
      commands: {
        kind: 'boolean',
        brief: 'show exactly what would be executed',
        default: false,
        withNegated: false,
      },
      json: jsonFlag,
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'experiment file', parse: String, placeholder: 'FILE' }],
    },
  },
  docs: {
    brief: 'shows what an experiment file would run, and changes nothing',
    fullDescription:
      'Cells, runs, baselines, time, and what is done already.\n\n' +
      'examples:\n  ptb plan experiment.yaml\n  ptb plan nano/demo.yaml --commands',
  },
})

import { buildCommand } from '@stricli/core'
import { configFlag, jsonFlag, resultsFlag } from '../flags.ts'

export const plan = buildCommand({
  async func(flags: { results: string; config?: string; commands: boolean; json: boolean }, file: string) {
    const { renderPlan } = await import('../plan.ts')
    console.log(await renderPlan({ file, ...flags }))
  },
  parameters: {
    flags: {
      results: resultsFlag,
      config: configFlag,
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
      "Cells, runs, baselines, time, disk, and what is done already. Disk is estimated from M, the base model's size: a\n" +
      'workspace takes W = limits.diskGiB, else 3 M; a live run W + M + 64 MiB; a sealed one the same with at most 8 GiB of W;\n' +
      'ptb gc keeps all of that, M + 64 MiB (keep: weights) or 64 MiB (keep: hashes).\n\n' +
      'examples:\n  ptb plan experiment.yaml\n  ptb plan nano/demo.yaml --commands',
  },
})

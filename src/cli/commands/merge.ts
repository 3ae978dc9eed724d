import { buildCommand } from '@stricli/core'
import { jsonFlag } from '../flags.ts'

export const merge = buildCommand({
  async func(flags: { dryRun: boolean; json: boolean }, out: string, ...paths: string[]) {
    const { mergeExperiments } = await import('../merge.ts')
    console.log(await mergeExperiments({ out, paths, ...flags }))
  },
  parameters: {
    flags: {
      dryRun: {
        kind: 'boolean',
        brief: 'only say what would be copied',
        default: false,
        withNegated: false,
      },
      json: jsonFlag,
    },
    positional: {
      kind: 'array',
      parameter: {
        brief: "folder to write, then experiments' folders",
        parse: String,
        placeholder: 'OUT DIR',
      },
      minimum: 2,
    },
  },
  docs: {
    brief: 'brings parts of one experiment from several machines together',
    fullDescription:
      'OUT may be new or one of the parts. Runs and baselines that it lacks are copied; of a run that is in several places\n' +
      'the one that went on furthest is taken. Where two went on differently, or the same run has two specs, nothing is\n' +
      'written. Runs that may still be running are left out. Links are not followed.\n\n' +
      'examples:\n  ptb merge results/all machine-a/results/exp machine-b/results/exp --dry-run\n' +
      '  ptb merge results/exp /mnt/other/results/exp',
  },
})

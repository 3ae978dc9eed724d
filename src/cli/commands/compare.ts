import { buildCommand } from '@stricli/core'
import { jsonFlag, resultsFlag } from '../flags.ts'

export const compare = buildCommand({
  async func(flags: { results: string; json: boolean }, a: string, b: string) {
    const { compareSubjects, renderComparison } = await import('../compare.ts')
    const { usesColour } = await import('../render.ts')
    const comparison = await compareSubjects({ results: flags.results, a, b })
    console.log(
      flags.json
        ? JSON.stringify(comparison, null, 2)
        : renderComparison(comparison, { colour: usesColour(process.stdout) }),
    )
  },
  parameters: {
    flags: { results: resultsFlag, json: jsonFlag },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'agent, agent@experiment, experiment or run', parse: String, placeholder: 'A' },
        { brief: 'another of the same kind', parse: String, placeholder: 'B' },
      ],
    },
  },
  docs: {
    brief: 'compares two agents, two experiments or two runs',
    fullDescription:
      'Agents: the difference per benchmark and weighted, over the cells that both have, with its 95 % interval (paired by\n' +
      'item); cells without a score are named. Experiments: the same for each agent that both have. Runs: outcomes, scores,\n' +
      'the items that only one got right, findings, and how they were specified differently.\n\n' +
      'examples:\n  ptb compare strong medium\n  ptb compare strong@demo strong@study\n  ptb compare results/before results/after\n' +
      '  ptb compare strong-nano-arith-1 strong-nano-arith-2 --json',
  },
})

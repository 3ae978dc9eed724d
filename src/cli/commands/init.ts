import { buildCommand } from '@stricli/core'

export const init = buildCommand({
  async func(_flags: object, name?: string) {
    const file = name ?? 'experiment.yaml'
    const { writeExperimentTemplate } = await import('../experiment-template.ts')
    for (const written of await writeExperimentTemplate(file)) console.log(`wrote ${written}`)
    console.log(`next: write my-agent/solve.sh beside it, then ptb plan ${file}`)
  },
  parameters: {
    flags: {},
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'file to write', parse: String, placeholder: 'FILE', optional: true }],
    },
  },
  docs: {
    brief: 'writes a commented experiment file and its JSON Schema',
    fullDescription: 'Overwrites nothing.\n\nexamples:\n  ptb init\n  ptb init experiments/first.yaml',
  },
})

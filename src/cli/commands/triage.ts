import { buildCommand } from '@stricli/core'
import { experimentOrAll, jsonFlag, resultsFlag } from '../flags.ts'

export const triage = buildCommand({
  async func(flags: { results: string; json: boolean }, path?: string) {
    const { findExperiment } = await import('../find-run.ts')
    const { renderTriage } = await import('../triage.ts')
    const { usesColour } = await import('../render.ts')
    const folder = await findExperiment(flags.results, path)
    console.log(await renderTriage(folder, { json: flags.json, colour: usesColour(process.stdout) }))
  },
  parameters: {
    flags: { results: resultsFlag, json: jsonFlag },
    positional: {
      kind: 'tuple',
      parameters: [experimentOrAll],
    },
  },
  docs: {
    brief: 'sorts what went wrong by its cause, and says what to do',
    fullDescription:
      'Lists finished runs without a score of their own and attempts that failed. The causes are in catalog/triage.yaml;\n' +
      'what fits none is listed with the end of its log.\n\nexamples:\n  ptb triage\n  ptb triage results/demo --json',
  },
})

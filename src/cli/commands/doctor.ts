import { buildCommand } from '@stricli/core'
import { jsonFlag, resultsFlag } from '../flags.ts'

export const doctor = buildCommand({
  async func(flags: { results: string; json: boolean }) {
    const { runDoctor } = await import('../doctor.ts')
    process.exitCode = await runDoctor(flags)
  },
  parameters: { flags: { results: resultsFlag, json: jsonFlag } },
  docs: {
    brief: 'finds out by trying what this machine can do',
    fullDescription:
      'Each line says what was found and, where something is missing, what to do.\n\nexample:\n  ptb doctor',
  },
})

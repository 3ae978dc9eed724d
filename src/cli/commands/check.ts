import { buildCommand } from '@stricli/core'
import { configFlag, jsonFlag } from '../flags.ts'

export const check = buildCommand({
  async func(flags: { config?: string; json: boolean }) {
    const { runCheck } = await import('../check.ts')
    process.exitCode = await runCheck({ config: flags.config, json: flags.json })
  },
  parameters: { flags: { config: configFlag, json: jsonFlag } },
  docs: {
    brief: 'checks your own benchmarks, detectors and other parts in ptb.config.ts',
    fullDescription:
      'Each goes through the rules that the built-in ones keep: items that stay the same and do not overlap, scorers that\n' +
      'never throw, findings of declared kinds, commands that can be shown. Ends with 1 when a rule does not hold.\n\n' +
      'examples:\n  ptb check\n  ptb check --config ~/bench/ptb.config.ts',
  },
})

import { buildCommand } from '@stricli/core'
import { inertLine } from '../../lib/inert-text.ts'
import { resultsFlag } from '../flags.ts'

export const cancel = buildCommand({
  async func(flags: { results: string; reason: string }, ...names: string[]) {
    const { cancelRun } = await import('../../run/cancel.ts')
    const { findRun } = await import('../find-run.ts')
    for (const name of names) {
      const run = await findRun(flags.results, name)
      console.log(inertLine(`${run.id}: ${await cancelRun(run.path, flags.reason)}`))
    }
  },
  parameters: {
    flags: {
      results: resultsFlag,
      reason: {
        kind: 'parsed',
        parse: String,
        brief: 'why, for the record',
        default: 'cancelled by the operator',
        placeholder: 'TEXT',
      },
    },
    positional: {
      kind: 'array',
      parameter: { brief: 'run id, or the beginning of one', parse: String, placeholder: 'RUN' },
      minimum: 1,
    },
  },
  docs: {
    brief: 'stops runs for good',
    fullDescription:
      'The agent is stopped as at a deadline. A cancelled run has no score and is not started again. It works from any\n' +
      'machine that sees the results folder.\n\nexample:\n  ptb cancel strong-nano-arith-1',
  },
})

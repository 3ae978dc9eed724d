import { buildCommand } from '@stricli/core'
import { inertLine } from '../../lib/inert-text.ts'
import { resultsFlag } from '../flags.ts'

export const verdict = buildCommand({
  async func(flags: { results: string; set: 'clean' | 'flagged'; as: string; reason: string }, name: string) {
    const { findRun } = await import('../find-run.ts')
    const { overrideRunVerdict } = await import('../verdict.ts')
    const run = await findRun(flags.results, name)
    console.log(inertLine(`${run.id}: ${await overrideRunVerdict(run.path, flags)}`))
  },
  parameters: {
    flags: {
      results: resultsFlag,
      set: { kind: 'enum', values: ['clean', 'flagged'], brief: 'the decision' },
      as: {
        kind: 'parsed',
        parse: String,
        brief: 'reason after flagged/',
        default: 'by_operator',
        placeholder: 'WORD',
      },
      reason: { kind: 'parsed', parse: String, brief: 'why; kept for ever', placeholder: 'TEXT' },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'run id, or the beginning of one', parse: String, placeholder: 'RUN' }],
    },
  },
  docs: {
    brief: "overrides a run's verdict, with a reason",
    fullDescription:
      'Verdicts are numbered and never changed: the new one stands, the old ones stay and are shown.\n\n' +
      'example:\n  ptb verdict strong-nano-arith-1 --set flagged --reason "used data from the forum"',
  },
})

import { buildCommand } from '@stricli/core'
import { inertLine } from '../../lib/inert-text.ts'
import { resultsFlag } from '../flags.ts'

export const resume = buildCommand({
  async func(flags: { results: string }, ...names: string[]) {
    const { resumeRun } = await import('../../run/resume.ts')
    const { findRun } = await import('../find-run.ts')
    const { createHarness } = await import('../harness.ts')
    for (const name of names) {
      const run = await findRun(flags.results, name)
      console.log(inertLine(`${run.id}: ${await resumeRun(createHarness(), run.path)}`))
    }
  },
  parameters: {
    flags: { results: resultsFlag },
    positional: {
      kind: 'array',
      parameter: { brief: 'run id, or the beginning of one', parse: String, placeholder: 'RUN' },
      minimum: 1,
    },
  },
  docs: {
    brief: 'starts a worker for runs whose worker has died, or that failed through no fault of their agents',
    fullDescription:
      'It goes on where the journal ends and re-adopts an agent that still runs. `ptb run FILE` does the same for all\n' +
      'runs of an experiment. A run that ended as infra_failure gets another attempt: mend what `ptb triage` names first.\n\nexample:\n  ptb resume strong-nano-arith-1',
  },
})

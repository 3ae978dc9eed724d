import { buildCommand } from '@stricli/core'
import { experimentOrAll, resultsFlag } from '../flags.ts'

export const watch = buildCommand({
  async func(flags: { results: string; stay: boolean; json: boolean }, name?: string) {
    const { findExperiment } = await import('../find-run.ts')
    const { watchRuns } = await import('../watch.ts')
    const path = await findExperiment(flags.results, name)
    process.exitCode = await watchRuns({ path, json: flags.json, stay: flags.stay })
  },
  parameters: {
    flags: {
      results: resultsFlag,
      stay: {
        kind: 'boolean',
        brief: 'go on when everything is finished',
        default: false,
        withNegated: false,
      },
      json: { kind: 'boolean', brief: 'print one JSON line per change', default: false, withNegated: false },
    },
    positional: {
      kind: 'tuple',
      parameters: [experimentOrAll],
    },
  },
  docs: {
    brief: 'shows every run live, until all are finished',
    fullDescription:
      'One screen, redrawn every second: progress, time left, self-evaluations, processes and memory, outcomes. q quits,\n' +
      'j and k scroll; the runs go on. Where the output is no terminal it prints one line per change instead. Ends with 1\n' +
      'when a run failed through no fault of its agent.\n\n' +
      'examples:\n  ptb watch\n  ptb watch results/demo --stay\n  ptb watch demo --json | jq -r .outcome.reason',
  },
})

import { resolve } from 'node:path'
import { buildCommand } from '@stricli/core'
import { inertLine } from '../../lib/inert-text.ts'
import { resultsFlag } from '../flags.ts'

export const report = buildCommand({
  async func(flags: { results: string; out: string }, ...names: string[]) {
    const { findExperiment } = await import('../find-run.ts')
    const { writeReport } = await import('../report.ts')
    const paths = await Promise.all(names.map((name) => findExperiment(flags.results, name)))
    await writeReport(paths, flags.out)
    console.log(inertLine(resolve(flags.out)))
  },
  parameters: {
    flags: {
      results: resultsFlag,
      out: {
        kind: 'parsed',
        parse: String,
        brief: 'file to write',
        default: 'report.html',
        placeholder: 'FILE',
      },
    },
    positional: {
      kind: 'array',
      parameter: { brief: "experiment's folder, file or name", parse: String, placeholder: 'EXPERIMENT' },
      minimum: 1,
    },
  },
  docs: {
    brief: 'writes one self-contained HTML page with every run and its evidence',
    fullDescription:
      'The page opens from disk, asks nothing of the network and shows what agents wrote as inert text.\n\n' +
      'example:\n  ptb report results/demo --out demo.html',
  },
})

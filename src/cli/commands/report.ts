import { resolve } from 'node:path'
import { buildCommand } from '@stricli/core'

export const report = buildCommand({
  async func(flags: { out: string }, ...paths: string[]) {
    const { writeReport } = await import('../report.ts')
    await writeReport(paths, flags.out)
    console.log(resolve(flags.out))
  },
  parameters: {
    flags: {
      out: { kind: 'parsed', parse: String, brief: 'file to write', default: 'report.html', placeholder: 'FILE' },
    },
    positional: {
      kind: 'array',
      parameter: { brief: "experiment's folder", parse: String, placeholder: 'DIR' },
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

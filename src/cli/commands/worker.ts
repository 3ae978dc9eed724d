import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildCommand, numberParser } from '@stricli/core'
import { inertLine } from '../../lib/inert-text.ts'

/** Hidden: what a scheduler starts for one run or baseline. */
export const worker = buildCommand({
  async func(flags: { slots?: number; again: boolean }, path: string) {
    const { keepYoungGenerationSmall } = await import('../../lib/small-young-generation.ts')
    keepYoungGenerationSmall()
    const { createRunHarness } = await import('../run-harness.ts')
    const harness = await createRunHarness(path)
    if (existsSync(join(path, 'baseline.json'))) {
      const { runBaseline } = await import('../../run/baseline.ts')
      await runBaseline({
        harness,
        path,
        ...(flags.slots === undefined ? {} : { slots: flags.slots }),
        signal: new AbortController().signal,
      })
      return
    }
    const { runWorker } = await import('../../run/worker.ts')
    const outcome = await runWorker({ harness, runPath: path, ...flags })
    console.log(
      outcome === null ? 'another worker has this run' : inertLine(`${outcome.reason}: ${outcome.detail}`),
    )
    if (outcome === null) return
    const { notifyRunEnd } = await import('../../run/notify.ts')
    const failure = await notifyRunEnd(path, outcome)
    if (failure !== null) console.error(failure)
  },
  parameters: {
    flags: {
      slots: {
        kind: 'parsed',
        parse: numberParser,
        brief: 'runs at a time on this machine; default: what its cores allow',
        placeholder: 'N',
        optional: true,
      },
      again: {
        kind: 'boolean',
        brief: 'another attempt for a run that ended as infra_failure',
        default: false,
        withNegated: false,
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [{ brief: 'run folder', parse: String, placeholder: 'RUN' }],
    },
  },
  docs: {
    brief: 'walks one run through its phases',
    customUsage: ['results/demo/runs/strong-nano-arith-1-0a1b2c3d'],
  },
})

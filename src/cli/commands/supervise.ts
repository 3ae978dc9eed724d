import { buildCommand, numberParser } from '@stricli/core'

/** Hidden: what a worker starts for one attempt. */
export const supervise = buildCommand({
  async func(_flags: object, runPath: string, attempt: number) {
    const { createRunHarness } = await import('../run-harness.ts')
    const { runSupervisor } = await import('../../run/agent/supervisor.ts')
    const cancel = new AbortController()
    process.on('SIGTERM', () => cancel.abort())
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {}) // of the operator's terminal
    const harness = await createRunHarness(runPath)
    await runSupervisor({ harness, runPath, attempt, cancel: cancel.signal })
  },
  parameters: {
    flags: {},
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'run folder', parse: String, placeholder: 'RUN' },
        { brief: 'number of the attempt', parse: numberParser, placeholder: 'ATTEMPT' },
      ],
    },
  },
  docs: {
    brief: "owns one attempt's agent",
    customUsage: ['results/demo/runs/strong-nano-arith-1-0a1b2c3d 1'],
  },
})

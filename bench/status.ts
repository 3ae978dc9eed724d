import { runCommand } from '../src/lib/process.ts'
import { figure, ptb, type Bench } from './measure.ts'
import { withSyntheticExperiment } from './synthetic-experiment.ts'

const rounds = 7

export const statusOfRuns = {
  name: 'status',
  about: 'ptb status of 10 000 finished runs, from the start of the command to its end',
  run() {
    return withSyntheticExperiment({ runs: 10_000, agents: 50, items: 300 }, async (path) => {
      const times: number[] = []
      for (let round = 0; round < rounds; round++) {
        const { code, stderr, durationMs } = await runCommand([...ptb, 'status', path])
        if (code !== 0) throw new Error(`ptb status ended with ${code}: ${stderr}`)
        times.push(durationMs)
      }
      return [figure('ptb status', 'ms', times)]
    })
  },
} as const satisfies Bench

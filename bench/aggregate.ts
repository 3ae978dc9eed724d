import { aggregate } from '../src/results/aggregate.ts'
import { renderLeaderboard } from '../src/results/leaderboard.ts'
import { readExperiment } from '../src/results/store.ts'
import { readCatalog } from '../src/run/catalog.ts'
import { figure, type Bench } from './measure.ts'
import { withSyntheticExperiment } from './synthetic-experiment.ts'

const rounds = 5

/** Each round as one `ptb leaderboard` would do it; the first one finds no read cache, the others do. */
export const aggregateRuns = {
  name: 'aggregate',
  about: 'leaderboard of 10 000 finished runs, from their files to the table',
  run() {
    return withSyntheticExperiment({ runs: 10_000, agents: 50, items: 300 }, async (path) => {
      const protocol = (await readCatalog()).protocol('nano-v1')
      const first: number[] = []
      const again: number[] = []
      const reading: number[] = []
      const processor: number[] = []
      for (let round = 0; round <= rounds; round++) {
        const started = performance.now()
        const before = process.cpuUsage()
        const data = await readExperiment(path)
        const read = performance.now()
        renderLeaderboard(aggregate([data], { protocol }), { colour: false })
        const ended = performance.now()
        if (round === 0) first.push(ended - started)
        else {
          again.push(ended - started)
          reading.push(read - started)
          const { user, system } = process.cpuUsage(before)
          processor.push((user + system) / 1000)
        }
      }
      return [
        figure('first time, without a read cache', 'ms', first),
        figure('with the read cache', 'ms', again),
        figure('of that, reading', 'ms', reading),
        figure('processor time, with the read cache', 'ms', processor),
      ]
    })
  },
} as const satisfies Bench

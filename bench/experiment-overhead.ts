import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { JournalLine } from '../src/domain/journal.ts'
import { readJournalLines } from '../src/run/journal.ts'
import { agentsPath, figure, withExperiment, type Bench } from './measure.ts'

const repeats = 4

/** One slot, so that the sum of what the agents and evaluations took can be compared with the wall clock. */
export const experimentOverhead = {
  name: 'experiment-overhead',
  about: 'whole experiment against the sum of agents and evaluations',
  run() {
    const yaml = `name: overhead
protocol: nano-v1
baseModels: [nano-base]
benchmarks: [nano-arith]
agents: { copies-base: { path: ${agentsPath}/copies-base } }
budget: { minutes: 1 }
repeats: ${repeats}
limits: { cpus: 1 }
scheduler: { kind: local, slots: 1 }
`
    return withExperiment(yaml, 'overhead', async (path, wallMs) => {
      const ids = await readdir(join(path, 'runs'))
      const lines = await Promise.all(ids.map((id) => readJournalLines(join(path, 'runs', id))))
      const solve = lines.map((run) => effectMs(run, 'solve'))
      const evaluate = lines.map((run) => effectMs(run, 'evaluate'))
      const work = [...solve, ...evaluate].reduce((sum, ms) => sum + ms, 0)
      return [
        figure('agent', 'ms', solve),
        figure('evaluation of 600 items and 200 probes', 'ms', evaluate),
        figure('overhead per run', 'ms', [(wallMs - work) / ids.length]),
        figure('whole experiment / (agents + evaluations)', 'ratio', [wallMs / work]),
      ]
    })
  },
} as const satisfies Bench

function effectMs(lines: readonly JournalLine[], phase: string): number {
  const at = (type: string): number =>
    Date.parse(lines.find((line) => line.type === type && 'phase' in line && line.phase === phase)?.at ?? '')
  return at('receipt') - at('intent')
}

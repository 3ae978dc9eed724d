import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { attemptEventLineSchema } from '../src/domain/attempt-event.ts'
import { readJsonl } from '../src/lib/jsonl.ts'
import { readJournalLines } from '../src/run/journal.ts'
import { attemptLayout } from '../src/run/layout.ts'
import { agentsPath, figure, withExperiment, type Bench } from './measure.ts'

const repeats = 6
const graceSeconds = 1

/** An agent that ignores SIGTERM and leaves a daemon, run into its deadline. */
export const solveLatency = {
  name: 'solve-latency',
  about: 'worker start to agent’s first byte, deadline to proven dead',
  run() {
    const yaml = `name: latency
protocol: nano-v1
baseModels: [nano-base]
benchmarks: [nano-arith]
agents: { stubborn: { path: ${agentsPath}/stubborn } }
budget: { minutes: 0.1 }
repeats: ${repeats}
limits: { cpus: 1 }
graceSeconds: ${graceSeconds}
scheduler: { kind: local, slots: 1 }
`
    return withExperiment(yaml, 'latency', async (path) => {
      const firstByte: number[] = []
      const dead: number[] = []
      for (const id of await readdir(join(path, 'runs'))) {
        const run = join(path, 'runs', id)
        const worker = Date.parse((await readJournalLines(run))[0]?.at ?? '')
        const layout = attemptLayout(run, 1)
        const log = await readFile(layout.agentLog, 'utf8')
        firstByte.push(Date.parse(log.slice(0, log.indexOf(' '))) - worker)
        const events = (await readJsonl(layout.events)).lines.map(({ value }) =>
          attemptEventLineSchema.parse(value),
        )
        const time = (type: string): number =>
          Date.parse(events.find((event) => event.type === type)?.at ?? '')
        dead.push(time('death') - time('deadline') - graceSeconds * 1000)
      }
      return [
        figure('worker start to first byte', 'ms', firstByte),
        figure('deadline to proven dead, less the grace', 'ms', dead),
      ]
    })
  },
} as const satisfies Bench

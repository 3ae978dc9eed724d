import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSameProcessAlive, runCommand } from '../src/lib/process.ts'
import { readJournal, readJournalLines } from '../src/run/journal.ts'
import { readAttemptProgress } from '../src/run/phases/solve.ts'
import { agentsPath, figure, ptb, type Bench } from './measure.ts'

/** `ptb run` starts a worker anew twice at most. */
const byRunTimes = 2
const byHandTimes = 6
const timeoutMs = 120_000

const yaml = `name: readoption
protocol: nano-v1
baseModels: [nano-base]
benchmarks: [nano-arith]
agents: { stubborn: { path: ${agentsPath}/stubborn } }
budget: { minutes: 10 }
limits: { cpus: 1 }
graceSeconds: 1
scheduler: { kind: local, slots: 1 }
`

/** Kills the worker of a running agent again and again. A worker has adopted the agent when it waits for its end. */
export const readoption = {
  name: 'readoption',
  about: 'a worker killed while its agent runs, until the next one has adopted it',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'ptb-bench-'))
    const file = join(folder, 'experiment.yaml')
    await writeFile(file, yaml)
    const operator = start(['run', file, '--results', folder, '--no-baselines'])
    let run: string | null = null
    try {
      run = await findSolvingRun(join(folder, 'readoption', 'runs'))
      const byRun: number[] = []
      while (byRun.length < byRunTimes) byRun.push(await adoptionMs(run, () => {}))
      operator.kill('SIGKILL')
      const byHand: number[] = []
      const path = run
      while (byHand.length < byHandTimes) byHand.push(await adoptionMs(path, () => start(['worker', path])))
      return [
        figure('worker killed to adopted, by ptb run', 'ms', byRun),
        figure('next worker’s start to adopted', 'ms', byHand),
      ]
    } finally {
      operator.kill('SIGKILL')
      if (run !== null) await endRun(run, folder)
      await rm(folder, { recursive: true, force: true })
    }
  },
} as const satisfies Bench

function start(args: readonly string[]): ChildProcess {
  const [program = '', ...rest] = ptb
  return spawn(program, [...rest, ...args], { stdio: 'ignore' })
}

async function findSolvingRun(runsPath: string): Promise<string> {
  return until('an agent runs', async () => {
    const [id] = await readdir(runsPath).catch(() => [])
    if (id === undefined) return null
    const path = join(runsPath, id)
    return (await readAttemptProgress(path, 1)).agentStartedAt === null ? null : path
  })
}

/** Kills the run's worker, has the next one started, and returns how long that took to wait for the agent again. */
async function adoptionMs(runPath: string, startNext: () => void): Promise<number> {
  const { worker, epoch } = await readJournal(runPath)
  if (worker === null || !isSameProcessAlive(worker)) throw new Error('the worker is not alive')
  process.kill(worker.pid, 'SIGKILL')
  while (isSameProcessAlive(worker)) await sleep(1)
  const killedAt = Date.now()
  startNext()
  return until('the agent is adopted', async () => {
    const lines = await readJournalLines(runPath)
    const intent = lines.find((line) => line.epoch > epoch && line.type === 'intent')
    return intent === undefined ? null : Date.parse(intent.at) - killedAt
  })
}

async function endRun(runPath: string, results: string): Promise<void> {
  await runCommand([...ptb, 'cancel', basename(runPath), '--results', results])
  await until('the run is over', async () => (await readJournal(runPath)).outcome)
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await sleep(20)) {
    const found = await look()
    if (found !== null) return found
  }
  throw new Error(`not after ${timeoutMs / 1000} s: ${what}`)
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resultSchema, type RunResult } from '../../src/domain/result.ts'
import { readJournal } from '../../src/run/journal.ts'
import { attemptLayout, evaluationPath, runLayout } from '../../src/run/layout.ts'
import { findVictim, type Victim } from '../faults/crash/strike.ts'
import { essence } from '../faults/kill-points.ts'

const ptb = fileURLToPath(new URL('../../bin/ptb.mjs', import.meta.url))

/** When whom of one repeat to kill; the first repeat is left alone. */
const strikes: readonly {
  readonly kill: readonly Victim[]
  readonly when: (run: string) => Promise<boolean>
}[] = [
  { kill: [], when: () => Promise.resolve(true) },
  { kill: ['worker'], when: agentRuns },
  { kill: ['supervisor'], when: agentRuns },
  { kill: ['engine'], when: evaluates },
  { kill: ['worker', 'engine'], when: evaluates },
]

const experiment = `name: crashes
protocol: nano-v1
baseModels: [nano-base]
benchmarks: [nano-arith]
agents: { copies: { path: copies } }
budget: { minutes: 2 }
repeats: ${strikes.length}
infraRetries: 1
limits: { cpus: 1 }
graceSeconds: 1
`

interface Survivor {
  readonly result: RunResult
  readonly starts: readonly number[]
  readonly failures: readonly string[]
}

/** The real thing, with the nano tier's model and engine: what the kill points show of a run without a model. */
describe('crashes of nano runs', () => {
  let folder = ''
  let survivors: Survivor[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ptb-crashes-'))
    await mkdir(join(folder, 'copies'))
    await writeFile(
      join(folder, 'copies', 'solve.sh'),
      'echo started\nsleep 4\ncp -r "$BASE_MODEL" final_model\n',
    )
    await writeFile(join(folder, 'experiment.yaml'), experiment)
    const args = ['run', join(folder, 'experiment.yaml'), '--results', folder, '--no-baselines']
    const operator = spawn(process.execPath, [ptb, ...args], { stdio: 'ignore' })
    const ended = once(operator, 'exit')
    const runs = await untilPlanned(join(folder, 'crashes', 'runs'))
    const giveUp = new AbortController()
    const struck = Promise.all(runs.map((run, index) => strike(run, index, giveUp.signal)))
    await ended
    giveUp.abort()
    await struck
    survivors = await Promise.all(runs.map(readSurvivor))
  }, 900_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(strikes.map(({ kill }, index) => [kill.join(' + ') || 'nobody', kill, index] as const))(
    '%s killed: the same result, and one try for the agent',
    (_, kill, index) => {
      const [undisturbed, survivor] = [survivors[0], survivors[index]]
      if (undisturbed === undefined || survivor === undefined) throw new Error('a run is missing')
      expect(undisturbed.result.outcome.kind).toBe('scored')
      expect(ofAnyRepeat(survivor.result)).toEqual(ofAnyRepeat(undisturbed.result))
      const retried = kill.includes('supervisor')
      expect(survivor.failures).toEqual(retried ? ['infra_failure/supervisor_died'] : [])
      expect(survivor.starts).toEqual(retried ? [1, 1] : [1])
    },
  )
})

async function agentRuns(run: string): Promise<boolean> {
  return (await readFile(attemptLayout(run, 1).agentLog, 'utf8').catch(() => '')).includes('started')
}

async function evaluates(run: string): Promise<boolean> {
  const samples = join(evaluationPath(run, 'nano-v1', 1), 'samples.jsonl')
  return (await readFile(samples, 'utf8').catch(() => '')).split('\n').length > 20
}

async function strike(run: string, index: number, giveUp: AbortSignal): Promise<void> {
  const { kill, when } = strikes[index] ?? { kill: [], when: agentRuns }
  while (!(await when(run))) {
    if (giveUp.aborted) throw new Error(`nothing to kill: ${kill.join(' + ')}`)
    await sleep(20)
  }
  const found = kill.map((victim) => findVictim(run, victim))
  expect(found.filter((processes) => processes.length === 0)).toEqual([])
  for (const { pid } of found.flat()) process.kill(pid, 'SIGKILL')
}

async function untilPlanned(runsPath: string): Promise<string[]> {
  for (const end = performance.now() + 120_000; performance.now() < end; await sleep(20)) {
    const ids = await readdir(runsPath).catch(() => [])
    if (ids.length === strikes.length)
      return ids.toSorted((a, b) => a.localeCompare(b)).map((id) => join(runsPath, id))
  }
  throw new Error('the runs were not planned')
}

async function readSurvivor(run: string): Promise<Survivor> {
  const { attempts } = await readJournal(run)
  return {
    result: resultSchema.parse(JSON.parse(await readFile(runLayout(run).result, 'utf8'))),
    starts: await Promise.all(
      attempts.map(
        async ({ number }) =>
          (await readFile(attemptLayout(run, number).agentLog, 'utf8')).match(/ out started$/gm)?.length ?? 0,
      ),
    ),
    failures: attempts.flatMap(({ ended }) => ended?.outcome?.reason ?? []),
  }
}

/** What is the same in all repeats. */
function ofAnyRepeat(result: RunResult): unknown {
  return essence({ ...result, runId: '', repeat: 0, seed: 0 })
}

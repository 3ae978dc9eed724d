import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createScreenReader } from '../../src/cli/watch/read-screen.ts'
import { buildReport } from '../../src/results/report.ts'
import { readExperiment } from '../../src/results/store.ts'
import { aggregate } from '../../src/results/aggregate.ts'
import { attemptLayout, runLayout } from '../../src/run/layout.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'
import { createOwnFolder } from '../fixtures/own-folder.ts'
import { syntheticExperiment, syntheticProtocol, usualBaselines } from '../fixtures/synthetic-experiment.ts'
import { writeExperiment } from '../fixtures/write-experiment.ts'
import { createLife, type Life } from '../life/rig.ts'
import { watchPeak } from './text/peak-memory.ts'

/** How much an agent prints, and in how many ways: less where nobody asked for all of it. */
const full = process.env['PTB_FAULTS_FULL'] !== undefined
const floodMiB = full ? 1024 : 128
const capMiB = full ? 256 : 8
/** A supervisor has some 190 MiB, however much is printed; with all of it in memory it would have more than this. */
const maxBytes = 256 * 2 ** 20

const floods: Readonly<Record<string, string>> = {
  'one line without an end': `head -c ${floodMiB}M /dev/zero | tr '\\0' x`,
  'nothing but line ends': `head -c ${floodMiB}M /dev/zero | tr '\\0' '\\n'`,
  'bytes that are no text': `head -c ${floodMiB}M /dev/urandom`,
  'one line of NUL on stderr': `head -c ${floodMiB}M /dev/zero >&2`,
  'backslashes, as if an escaped secret began': `head -c ${floodMiB}M /dev/zero | tr '\\0' '\\134'`,
}

const probes = await Promise.all(sandboxes.map((candidate) => candidate.probe()))
const sandbox = sandboxes.find((_, index) => probes[index]?.available)
if (sandbox === undefined) process.stdout.write('skipped: floods of output: no sandbox works here\n')

/** Runs it to its end, and looks at its supervisor meanwhile. */
async function runWatched(life: Life): Promise<number | null> {
  const worker = life.startWorker({ FLOOD_API_KEY: 'sk-0123456789\\abcdef' })
  const exited = once(worker, 'exit')
  let peak: number | null = null
  while (worker.exitCode === null && worker.signalCode === null && peak === null) {
    const started = (await life.events(1)).find((event) => event.type === 'supervisor_started')
    peak = started === undefined ? null : await watchPeak(started.pid)
    await sleep(20)
  }
  await exited
  return peak
}

describe.runIf(sandbox !== undefined)('floods of output', () => {
  const cases = Object.entries(floods).slice(0, full ? undefined : 3)
  it.concurrent.each(cases)('%s', { timeout: full ? 900_000 : 60_000 }, async (_, flood) => {
    await using life = await createLife({
      sandbox: sandbox?.id ?? '',
      limits: { outputMiB: capMiB },
      budgetSeconds: 600,
      solve: `${flood}; save true true`,
    })
    const peak = await runWatched(life)
    const { outcome } = await life.result()
    expect(outcome).toMatchObject({
      reason: 'scored',
      detail: expect.stringContaining('of its output exceeded what is kept'),
    })
    const { size } = await stat(attemptLayout(life.runPath, 1).agentLog)
    expect(size).toBeLessThanOrEqual(capMiB * 2 ** 20)
    expect(size).toBeGreaterThan((capMiB - 1) * 2 ** 20)
    // where there is no /proc, nobody knows
    expect(peak ?? 0).toBeLessThan(maxBytes)
  })
})

/** A log as nobody writes it, but as one may be found: without any line end, of NUL. */
async function writeEndlessLog(root: string, bytes: number): Promise<string> {
  const made = syntheticExperiment([{ agent: 'flood', benchmark: 'arithmetic' }], usualBaselines)
  await writeExperiment(root, made)
  const run = join(root, 'runs', made.runs[0]?.id ?? '')
  const log = attemptLayout(run, 1).agentLog
  await mkdir(attemptLayout(run, 1).root, { recursive: true })
  for (const file of [log, attemptLayout(run, 1).supervisorLog, runLayout(run).workerLog]) {
    await writeFile(file, '')
    await truncate(file, bytes)
  }
  return run
}

describe('logs without an end', () => {
  const bytes = (full ? 1024 : 64) * 2 ** 20

  it('are printed in constant memory', async () => {
    await using own = await createOwnFolder()
    const run = await writeEndlessLog(join(own.path, 'results', 'demo'), bytes / 4)
    const program = fileURLToPath(new URL('../../bin/ptb.mjs', import.meta.url))
    const ptb = spawn(process.execPath, [program, 'logs', run], { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = 0
    ptb.stdout.on('data', (chunk: Buffer) => (printed += chunk.length))
    const [peak] = await Promise.all([watchPeak(ptb.pid ?? 0), once(ptb, 'close')])
    // the picture of NUL has three bytes
    expect(printed).toBeGreaterThanOrEqual((bytes / 4) * 3)
    // where there is no /proc, nobody knows
    expect(peak ?? 0).toBeLessThan(256 * 2 ** 20)
  })

  it('are read in parts for the screen, the report and the triage', async () => {
    await using own = await createOwnFolder()
    const root = join(own.path, 'results', 'demo')
    await writeEndlessLog(root, bytes)
    expect((await createScreenReader(root).read()).unreadable).toEqual([])
    const experiments = [await readExperiment(root)]
    const { runs } = await buildReport(experiments, {
      title: 'x',
      leaderboard: aggregate(experiments, { protocol: syntheticProtocol, resamples: 50 }),
      protocolText: '',
      openBenchmarks: new Set(['arithmetic']),
    })
    expect(JSON.stringify(runs).length).toBeLessThan(200_000)
    expect((await own.ptb(['triage', 'results'])).code).toBe(0)
  })
})

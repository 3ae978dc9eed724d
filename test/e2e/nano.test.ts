import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SolveRecord } from '../../src/domain/attempt-event.ts'
import { resultSchema, type RunResult } from '../../src/domain/result.ts'
import { runCommand } from '../../src/lib/process.ts'
import { renderTable } from '../../src/lib/table.ts'
import { readAttemptProgress } from '../../src/run/phases/solve.ts'
import { deviations, expectations, namesOfFindings } from './expectations.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const benchmarks = ['nano-arith', 'nano-tools']

interface FinishedRun {
  readonly result: RunResult
  readonly solve: SolveRecord | null
}

/** The whole nano tier through the command line: every scripted agent on both benchmarks. */
describe('nano tier, end to end', () => {
  let folder = ''
  let runs: FinishedRun[] = []
  let prompted: FinishedRun[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ptb-e2e-'))
    runs = await runExperiment('e2e', folder)
    prompted = await runExperiment('reprompt', folder)
  }, 2_700_000)

  afterAll(async () => {
    process.stdout.write(`${renderRuns([...runs, ...prompted])}\n`)
    await rm(folder, { recursive: true, force: true })
  })

  it.each(
    Object.entries(expectations).flatMap(([agent, expected]) =>
      benchmarks.map((benchmark) => [agent, benchmark, expected] as const),
    ),
  )('%s on %s ends as it must', (agent, benchmark, expected) => {
    const found = runs.filter(({ result }) => result.agent === agent && result.benchmark === benchmark)
    expect(found).toHaveLength(1)
    expect(found.flatMap(({ result }) => deviations(result, expected))).toEqual([])
  })

  it.each(benchmarks)('strong beats medium, medium beats weak on %s', (benchmark) => {
    const score = (agent: string): number =>
      runs.find(({ result }) => result.agent === agent && result.benchmark === benchmark)?.result.ownScore
        ?.accuracy ?? Number.NaN
    expect(score('strong')).toBeGreaterThan(score('medium'))
    expect(score('medium')).toBeGreaterThan(score('weak'))
  })

  it('drops output beyond the limit of floods-output alone, and counts it', () => {
    const dropping = runs.filter(({ solve }) => solve !== null && solve.outputDropped > 0)
    expect(dropping.map(({ result }) => result.agent)).toEqual(benchmarks.map(() => 'floods-output'))
    for (const { solve } of dropping) {
      expect(solve?.outputBytes).toBeLessThanOrEqual(4 * 2 ** 20)
      expect(solve?.outputDropped).toBeGreaterThan(7 * 2 ** 20)
    }
  })

  it('prompts again who stopped early, to a better end', () => {
    const once = runs.find(
      ({ result }) => result.agent === 'stops-early' && result.benchmark === 'nano-arith',
    )
    const [twice] = prompted
    expect([once?.result.solve.turns, twice?.result.solve.turns]).toEqual([1, 2])
    expect(twice?.result.ownScore?.accuracy).toBeGreaterThan((once?.result.ownScore?.accuracy ?? 1) + 0.05)
  })
})

async function runExperiment(name: string, folder: string): Promise<FinishedRun[]> {
  const { stdout, stderr } = await runCommand(
    [
      process.execPath,
      join(root, 'bin/ptb.mjs'),
      'run',
      join(root, `nano/${name}.yaml`),
      '--results',
      folder,
    ],
    { timeoutMs: 2_600_000 },
  )
  process.stdout.write(`${stdout}\n${stderr}\n`)
  const runsPath = join(folder, name, 'runs')
  return Promise.all(
    (await readdir(runsPath)).map(async (id) => {
      const path = join(runsPath, id)
      const result = resultSchema.parse(JSON.parse(await readFile(join(path, 'result.json'), 'utf8')))
      return { result, solve: (await readAttemptProgress(path, result.attempts)).ended }
    }),
  )
}

function renderRuns(runs: readonly FinishedRun[]): string {
  const titles = ['agent', 'benchmark', 'outcome', 'test', 'shadow', 'seconds', 'labels', 'findings']
  return renderTable(
    titles.map((title) => ({ title })),
    runs.map(({ result }) => [
      result.agent,
      result.benchmark,
      result.outcome.reason,
      result.ownScore?.accuracy.toFixed(3) ?? '–',
      result.shadowScore?.accuracy.toFixed(3) ?? '–',
      (result.solve.durationMs / 1000).toFixed(0),
      result.verdict?.labels.join(' ') ?? '',
      namesOfFindings(result).join(' '),
    ]),
  )
}

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resultSchema, type RunResult } from '../../src/domain/result.ts'
import { runCommand } from '../../src/lib/process.ts'
import { renderTable } from '../../src/lib/table.ts'
import { deviations, expectations } from './expectations.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const benchmarks = ['nano-arith', 'nano-tools']

/** The whole nano tier through the command line: every scripted agent on both benchmarks. */
describe('nano tier, end to end', () => {
  let folder = ''
  let results: RunResult[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ptb-e2e-'))
    const run = await runCommand(
      [process.execPath, join(root, 'bin/ptb.mjs'), 'run', join(root, 'nano/e2e.yaml'), '--results', folder],
      { timeoutMs: 1_700_000 },
    )
    process.stdout.write(`${run.stdout}\n${run.stderr}\n`)
    results = await readResults(join(folder, 'e2e', 'runs'))
  }, 1_800_000)

  afterAll(async () => {
    const rows = results.map((result) => [
      result.agent,
      result.benchmark,
      result.outcome.reason,
      result.ownScore?.accuracy.toFixed(3) ?? '–',
      result.shadowScore?.accuracy.toFixed(3) ?? '–',
      String(result.findings.length),
    ])
    process.stdout.write(
      `${renderTable(
        ['agent', 'benchmark', 'outcome', 'test', 'shadow', 'findings'].map((title) => ({ title })),
        rows,
      )}\n`,
    )
    await rm(folder, { recursive: true, force: true })
  })

  it.each(
    Object.entries(expectations).flatMap(([agent, expected]) =>
      benchmarks.map((benchmark) => [agent, benchmark, expected] as const),
    ),
  )('%s on %s ends as it must', (agent, benchmark, expected) => {
    const found = results.filter((result) => result.agent === agent && result.benchmark === benchmark)
    expect(found).toHaveLength(1)
    expect(found.flatMap((result) => deviations(result, expected))).toEqual([])
  })

  it.each(benchmarks)('strong beats medium, medium beats weak on %s', (benchmark) => {
    const score = (agent: string): number =>
      results.find((result) => result.agent === agent && result.benchmark === benchmark)?.ownScore
        ?.accuracy ?? Number.NaN
    expect(score('strong')).toBeGreaterThan(score('medium'))
    expect(score('medium')).toBeGreaterThan(score('weak'))
  })
})

async function readResults(folder: string): Promise<RunResult[]> {
  const ids = await readdir(folder)
  return Promise.all(
    ids.map(async (id) =>
      resultSchema.parse(JSON.parse(await readFile(join(folder, id, 'result.json'), 'utf8'))),
    ),
  )
}

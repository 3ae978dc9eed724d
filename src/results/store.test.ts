import {
  appendFile,
  chmod,
  mkdir,
  mkdtempDisposable,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { syntheticExperiment, usualBaselines } from '../../test/fixtures/synthetic-experiment.ts'
import { writeExperiment } from '../../test/fixtures/write-experiment.ts'
import type { Verdict } from '../domain/verdict.ts'
import { readExperiment, type ExperimentData, type ItemValues, type RunData } from './store.ts'

const verdict: Verdict = {
  schemaVersion: 1,
  decision: 'clean',
  reason: 'clean',
  justification: 'nothing found',
  madeBy: { kind: 'policy', policy: 'default', policyHash: 'abc' },
  findings: [],
  labels: [],
  at: '2026-01-05T09:10:00.000Z',
}

async function openFixture() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-store-'))
  const made = syntheticExperiment(
    [
      { accuracy: 0.5 },
      { agent: 'late', outcome: null },
      { agent: 'none', outcome: 'no_model', attempts: 2 },
    ],
    usualBaselines,
  )
  const runs = made.runs.map((run) => ({
    ...run,
    // the tenth verdict comes after the ninth
    verdicts: run.result === null ? [] : [9, 10].map((number) => ({ number, verdict })),
  }))
  const data: ExperimentData = { ...made, runs }
  await writeExperiment(folder.path, data)
  const run = (agent: string): string =>
    join(folder.path, 'runs', runs.find(({ spec }) => spec.agent.name === agent)?.id ?? '')
  return { path: folder.path, data, run, [Symbol.asyncDispose]: () => folder.remove() }
}

/** Items as a plain map, and of the journal what readers get. */
function plain(run: RunData): unknown {
  const attempts = run.state.attempts.map(({ number, why, startedAt, phase, ended }) => ({
    number,
    why,
    startedAt,
    phase,
    ended,
  }))
  const shown = { ...run, path: '', state: { ...run.state, attempts } }
  return plainItems(shown)
}

function plainItems(data: { readonly items: ItemValues | null }): unknown {
  return { ...data, items: data.items === null ? null : new Map(data.items) }
}

function byId<T extends { readonly id: string }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

test('reads what was written, and has no complaints', async () => {
  await using fixture = await openFixture()
  const read = await readExperiment(fixture.path)
  expect(read.problems).toEqual([])
  expect(read.name).toBe('demo')
  expect(byId(read.runs).map(plain)).toEqual(byId(fixture.data.runs).map(plain))
  expect(byId(read.baselines).map(plainItems)).toEqual(byId(fixture.data.baselines).map(plainItems))
})

test('names every file that it cannot use, and keeps the rest', async () => {
  await using fixture = await openFixture()
  await writeFile(join(fixture.run('weak'), 'findings.json'), '{"half":')
  await writeFile(join(fixture.run('weak'), 'verdicts', '10.json'), '{}')
  await appendFile(join(fixture.run('none'), 'journal.jsonl'), 'garbage\n{"seq":0}\n{"torn')
  await writeFile(join(fixture.run('none'), 'result.json'), '[]')
  await rm(join(fixture.run('late'), 'journal.jsonl'))
  await mkdir(join(fixture.run('late'), 'journal.jsonl', 'x'), { recursive: true })
  await mkdir(join(fixture.path, 'runs', 'stranger'))
  const read = await readExperiment(fixture.path)
  expect(read.runs).toHaveLength(3)
  const messages = read.problems.map(
    ({ path, message }) => `${path.split('/').slice(2).join('/')}: ${message}`,
  )
  expect(messages.toSorted()).toEqual([
    ': the run is not in experiment.lock.json',
    expect.stringMatching(/^findings\.json: is not JSON/u),
    expect.stringMatching(/^journal\.jsonl: cannot be read: EISDIR/u),
    'journal.jsonl: line 19: not JSON',
    'journal.jsonl: line 20: not a journal line',
    expect.stringMatching(/^result\.json: does not have the form/u),
    'run.json: is missing',
    expect.stringMatching(/^verdicts\/10\.json: does not have the form/u),
  ])
  const weak = read.runs.find(({ spec }) => spec.agent.name === 'weak')
  expect(weak?.verdicts.map(({ number }) => number)).toEqual([9])
  expect(weak?.result?.outcome.kind).toBe('scored')
})

test('samples that do not add up to the score are left out with a word', async () => {
  await using fixture = await openFixture()
  const samples = join(fixture.run('weak'), 'evaluations', 'nano-1', 'samples.jsonl')
  await appendFile(samples, '{"set":"test","id":"one more","value":1}\n')
  const read = await readExperiment(fixture.path)
  expect(read.problems.map(({ message }) => message)).toEqual([
    'the samples do not add up to the score (41 of 40 items): left out',
  ])
  expect(read.runs.find(({ spec }) => spec.agent.name === 'weak')?.items).toBeNull()
})

test('a folder that is no experiment is a problem, not a crash', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'ptb-store-'))
  const read = await readExperiment(join(folder.path, 'missing'))
  expect(read.runs).toEqual([])
  expect(read.problems).toEqual([{ path: 'experiment.lock.json', message: 'is missing' }])
})

/** Long after the fixture was written: what has just changed is never cached. */
const later = { now: () => Date.now() + 60_000 }

describe('the read cache', () => {
  async function readPlain(path: string): Promise<unknown> {
    const { runs, baselines, problems } = await readExperiment(path, later)
    return { runs: runs.map(plain), baselines: baselines.map(plainItems), problems }
  }

  async function openCached() {
    const fixture = await openFixture()
    const fresh = await readPlain(fixture.path)
    const cache = join(fixture.path, '.read-cache')
    return { ...fixture, fresh, cache, [Symbol.asyncDispose]: fixture[Symbol.asyncDispose] }
  }

  test('is used, and gives the same', async () => {
    await using fixture = await openCached()
    const weak = fixture.run('weak')
    expect(await readPlain(fixture.path)).toEqual(fixture.fresh)
    // a cache that says something else about the same files shows that it is used
    const [header = '', ...lines] = (await readFile(fixture.cache, 'utf8')).split('\n')
    const body = lines.join('\n').replaceAll('what became of it: scored', 'out of the cache')
    const sealed = { ...JSON.parse(header), crc32: crc32(body) }
    await writeFile(fixture.cache, `${JSON.stringify(sealed)}\n${body}`)
    const { runs } = await readExperiment(fixture.path, later)
    expect(runs.find(({ path }) => path === weak)?.result?.outcome.detail).toBe('out of the cache')
  })

  test.each<[string, (path: string) => Promise<unknown>]>([
    ['deleted', (path) => rm(path)],
    ['empty', (path) => writeFile(path, '')],
    ['cut short', async (path) => writeFile(path, (await readFile(path, 'utf8')).slice(0, -20))],
    ['damaged', async (path) => writeFile(path, (await readFile(path, 'utf8')).replace('scored', 'SCORED'))],
    [
      'of another version',
      async (path) => writeFile(path, (await readFile(path, 'utf8')).replace('"format":', '"format":9')),
    ],
    ['a folder', async (path) => (await rm(path), await mkdir(path))],
  ])('that is %s changes nothing', async (_, harm) => {
    await using fixture = await openCached()
    await harm(fixture.cache)
    expect(await readPlain(fixture.path)).toEqual(fixture.fresh)
  })

  test.each<[string, (run: string) => Promise<unknown>, RegExp]>([
    [
      'result',
      async (run) => edit(join(run, 'result.json'), 'what became of it', 'another thing'),
      /"problems":\[\]/u,
    ],
    [
      'verdict',
      async (run) => edit(join(run, 'verdicts', '10.json'), 'nothing found', 'something was'),
      /"problems":\[\]/u,
    ],
    [
      'list of verdicts',
      (run) => writeFile(join(run, 'verdicts', '11.json'), JSON.stringify(verdict)),
      /"problems":\[\]/u,
    ],
    ['journal', (run) => appendFile(join(run, 'journal.jsonl'), 'x\n'), /not JSON/u],
    [
      'list of samples',
      async (run) => edit(join(run, 'evaluations', 'nano-1', 'samples.jsonl'), '"value":1', '"value":0'),
      /do not add up/u,
    ],
  ])('does not hide a changed %s, even of the same size and time', async (_, change, problem) => {
    await using fixture = await openCached()
    await change(fixture.run('weak'))
    const read = await readPlain(fixture.path)
    expect(read).not.toEqual(fixture.fresh)
    await rm(fixture.cache, { force: true })
    expect(read).toEqual(await readPlain(fixture.path))
    expect(JSON.stringify(read)).toMatch(problem)
  })

  test('does not hide that the lock says something else', async () => {
    await using fixture = await openCached()
    await edit(join(fixture.path, 'experiment.lock.json'), '"hours":0.1', '"hours":0.2')
    const { runs } = await readExperiment(fixture.path, later)
    expect(runs.map(({ spec }) => spec.budget.hours)).toContain(0.2)
  })

  test('leaves out what was written a moment ago, and what has problems', async () => {
    await using fixture = await openFixture()
    await readExperiment(fixture.path)
    await expect(stat(join(fixture.path, '.read-cache'))).rejects.toThrow('ENOENT')
    await writeFile(join(fixture.run('weak'), 'findings.json'), '{}')
    const before = await readPlain(fixture.path)
    expect(await readPlain(fixture.path)).toEqual(before)
    expect(await readFile(join(fixture.path, '.read-cache'), 'utf8')).not.toContain('weak')
  })

  test('is done without in a folder that cannot be written', async (context) => {
    if (process.getuid?.() === 0) context.skip('the read cache: root may write into any folder')
    await using fixture = await openFixture()
    await chmod(fixture.path, 0o500)
    const read = await readPlain(fixture.path)
    expect(await readPlain(fixture.path)).toEqual(read)
    await chmod(fixture.path, 0o700)
    expect(read).toEqual(await readPlain(fixture.path))
  })
})

/** The size stays, and so does the time of the last change as far as anyone can set it. */
async function edit(path: string, from: string, to: string): Promise<void> {
  const { atime, mtime } = await stat(path)
  const text = await readFile(path, 'utf8')
  expect(text).toContain(from)
  await writeFile(path, text.replace(from, to.padEnd(from.length).slice(0, from.length)))
  await utimes(path, atime, mtime)
}

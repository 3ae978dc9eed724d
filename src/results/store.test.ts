import { appendFile, mkdir, mkdtempDisposable, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { syntheticExperiment, usualBaselines } from '../../test/fixtures/synthetic-experiment.ts'
import { writeExperiment } from '../../test/fixtures/write-experiment.ts'
import type { Verdict } from '../domain/verdict.ts'
import { readExperiment, type ExperimentData } from './store.ts'

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

function byId<T extends { readonly id: string }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

test('reads what was written, and has no complaints', async () => {
  await using fixture = await openFixture()
  const read = await readExperiment(fixture.path)
  expect(read.problems).toEqual([])
  expect(read.name).toBe('demo')
  expect(byId(read.runs).map((run) => ({ ...run, path: '' }))).toEqual(
    byId(fixture.data.runs).map((run) => ({ ...run, path: '' })),
  )
  expect(byId(read.baselines)).toEqual(byId(fixture.data.baselines))
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

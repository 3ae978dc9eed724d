import { cp, lstat, mkdir, mkdtempDisposable, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeSyntheticExperiment } from '../../bench/synthetic-experiment.ts'
import { lockSchema, type Lock } from '../domain/run-spec.ts'
import { listTree } from '../lib/untrusted-tree.ts'
import { readCatalog } from '../run/catalog.ts'
import { aggregate } from './aggregate.ts'
import { planMerge, runMerge } from './merge.ts'
import { readExperiment } from './store.ts'

/** An experiment, and two parts of it that overlap in one run and the baselines. */
async function openFixture() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-merge-'))
  const at = (name: string): string => join(folder.path, name)
  writeSyntheticExperiment(at('whole'), { runs: 4, agents: 2, items: 6 })
  await mkdir(join(at('whole'), 'protocols'))
  await writeFile(join(at('whole'), 'protocols', 'nano-v1.yaml'), 'id: nano-v1\n')
  const whole = await readLock(at('whole'))
  await writeLock(at('whole'), whole) // with its keys in the schema's order
  const ids = whole.runs.map(({ id }) => id)
  for (const [name, own] of [
    ['a', ids.slice(0, 2)],
    ['b', ids.slice(1)],
  ] as const) {
    await cp(at('whole'), at(name), { recursive: true })
    for (const id of ids) if (!own.includes(id)) await rm(join(at(name), 'runs', id), { recursive: true })
    await writeLock(at(name), { ...whole, runs: whole.runs.filter(({ id }) => own.includes(id)) })
  }
  const [, shared = ''] = ids
  const merge = async (out: string, ...names: string[]): Promise<void> =>
    runMerge(await planMerge(at(out), names.map(at)))
  return { at, ids, shared, merge, [Symbol.asyncDispose]: () => folder.remove() }
}

async function readLock(path: string): Promise<Lock> {
  return lockSchema.parse(JSON.parse(await readFile(join(path, 'experiment.lock.json'), 'utf8')))
}

async function writeLock(path: string, lock: Lock): Promise<void> {
  await writeFile(join(path, 'experiment.lock.json'), `${JSON.stringify(lock, null, 2)}\n`)
}

async function edit(path: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  expect(text).toMatch(from)
  await writeFile(path, text.replace(from, to))
}

async function contentOf(path: string): Promise<Record<string, string>> {
  const { entries } = await listTree(path, { entries: 10_000, depth: 20 })
  const files = entries.filter(({ kind, path: name }) => kind !== 'folder' && !name.includes('.read-cache'))
  return Object.fromEntries(
    await Promise.all(
      files.map(async (entry) => [entry.path, await readFile(entry.diskPath, 'utf8')] as const),
    ),
  )
}

test('parts make the whole again, file by file and on the leaderboard', async () => {
  await using fixture = await openFixture()
  await fixture.merge('out', 'a', 'b')
  expect(await contentOf(fixture.at('out'))).toEqual(await contentOf(fixture.at('whole')))
  const protocol = (await readCatalog()).protocol('nano-v1')
  const board = async (name: string) => aggregate([await readExperiment(fixture.at(name))], { protocol })
  expect(await board('out')).toEqual(await board('whole'))
})

test('into one of the parts, and again: the second time nothing is left to do', async () => {
  await using fixture = await openFixture()
  await fixture.merge('a', 'b')
  expect(await contentOf(fixture.at('a'))).toEqual(await contentOf(fixture.at('whole')))
  expect(await planMerge(fixture.at('a'), [fixture.at('b')])).toMatchObject({ copies: [], leftOut: [] })
})

test.each([
  ['that has not ended', 'journal.jsonl', /(?:[^\n]*\n){3}$/u],
  ['that has a later verdict elsewhere', 'verdicts/2.json', null],
])('of a run %s the one that went on is taken', async (_, name, cut) => {
  await using fixture = await openFixture()
  const path = (part: string): string => join(fixture.at(part), 'runs', fixture.shared, name)
  // the shorter one is in the part that is written to
  if (cut === null) await writeFile(path('b'), await readFile(join(path('b'), '..', '1.json'), 'utf8'))
  else await edit(path('a'), cut, '')
  const longer = await readFile(path('b'), 'utf8')
  // unfinished on another machine: it may be running there
  const plan = await planMerge(fixture.at('out'), [fixture.at('a'), fixture.at('b')])
  await runMerge(plan)
  expect(await readFile(path('out'), 'utf8')).toBe(longer)
})

test.each([
  [
    'journals',
    'journal.jsonl',
    '"pid":4711',
    '"pid":4712',
    /went on differently in .*\/a\/.* and in .*\/b\//u,
  ],
  ['verdicts', 'verdicts/1.json', '"clean"', '"flagged"', /went on differently/u],
])('refuses runs with different %s and writes nothing', async (_, name, from, to, message) => {
  await using fixture = await openFixture()
  await edit(join(fixture.at('b'), 'runs', fixture.shared, name), from, to)
  await expect(fixture.merge('out', 'a', 'b')).rejects.toThrow(message)
  await expect(lstat(fixture.at('out'))).rejects.toThrow('ENOENT')
})

test('refuses the same id with another spec, other experiments, and other baseline scores', async () => {
  await using fixture = await openFixture()
  const lock = await readLock(fixture.at('b'))
  await writeLock(fixture.at('b'), { ...lock, runs: lock.runs.map((run) => ({ ...run, specHash: 'other' })) })
  await expect(fixture.merge('out', 'a', 'b')).rejects.toThrow(/has another spec in .*\/b than in .*\/a/u)
  await writeLock(fixture.at('b'), { ...lock, experiment: 'else' })
  await expect(fixture.merge('out', 'a', 'b')).rejects.toThrow(/is the experiment "else"/u)
  await writeLock(fixture.at('b'), lock)
  const metrics = join(
    fixture.at('b'),
    'baselines',
    lock.baselines[0]?.id ?? '',
    'evaluation',
    'metrics.json',
  )
  await edit(metrics, /"startedAt": "[^"]*"/u, '"startedAt": "another day"')
  await planMerge(fixture.at('out'), [fixture.at('a'), fixture.at('b')])
  await edit(metrics, /"accuracy": [\d.]+/u, '"accuracy": 0.77')
  await expect(fixture.merge('out', 'a', 'b')).rejects.toThrow(/measured differently/u)
})

test('leaves out what may be running elsewhere, and follows no link', async () => {
  await using fixture = await openFixture()
  const [first = '', , third = ''] = fixture.ids
  await edit(join(fixture.at('a'), 'runs', first, 'journal.jsonl'), /[^\n]*"type":"finished"[^\n]*\n/u, '')
  await symlink('/etc', join(fixture.at('b'), 'runs', third, 'link'))
  const plan = await planMerge(fixture.at('out'), [fixture.at('a'), fixture.at('b')])
  expect(plan.leftOut).toMatchObject([{ id: first, why: expect.stringContaining('alive on elsewhere') }])
  await runMerge(plan)
  expect(Object.keys(await contentOf(fixture.at('out'))).filter((name) => name.includes(first))).toEqual([])
  await expect(lstat(join(fixture.at('out'), 'runs', third, 'link'))).rejects.toThrow('ENOENT')
})

import { chmod, lstat, mkdir, mkdtempDisposable, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { writeSyntheticExperiment } from '../../bench/synthetic-experiment.ts'
import type { Keep } from '../domain/experiment.ts'
import { removalSchema } from '../domain/removal.ts'
import { sha256 } from '../lib/hash.ts'
import { listTree } from '../lib/untrusted-tree.ts'
import { aggregate } from './aggregate.ts'
import { renderLeaderboard } from './leaderboard.ts'
import { readCatalog } from '../run/catalog.ts'
import { rebuildResult } from '../run/rebuild-result.ts'
import { planRetention, removePlanned } from './retention.ts'
import { readRunStatus } from './run-status.ts'
import { readExperiment } from './store.ts'

const large = Buffer.alloc(2 * 1024 ** 2, 'text ')
const weights = Buffer.from([0, 1, 2])

/** Two runs, the second of another machine's worker; the first with an attempt full of things. */
async function openFixture() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-gc-'))
  const path = join(folder.path, 'synthetic')
  writeSyntheticExperiment(path, { runs: 2, agents: 2, items: 6 })
  const names = (await listTree(join(path, 'runs'), { entries: 1000, depth: 1 })).entries.map(
    (one) => one.path,
  )
  const [first = '', second = ''] = names.map((name) => join(path, 'runs', name))
  // its worker was here, and is dead
  await edit(join(first, 'journal.jsonl'), '"host":"elsewhere"', `"host":"${hostname()}"`)
  const file = (name: string): string => join(first, 'attempts', '1', name)
  const put = async (name: string, content: string | Buffer): Promise<void> => {
    await mkdir(dirname(file(name)), { recursive: true })
    await writeFile(file(name), content)
  }
  await put('prompt.md', 'task')
  await put('agent.log', large)
  await put('events.jsonl', '{}\n')
  await put('workspace/train.py', 'print(1)')
  await put('workspace/data.jsonl', large)
  await put('workspace/cited.jsonl', large)
  await put('workspace/checkpoint-7/model.bin', weights)
  await put('workspace/__pycache__/train.cpython-312.pyc', 'x')
  await put('workspace.partial/half', large)
  await put('live/cache', large)
  await put('final_model/model.safetensors', weights)
  await put('final_model/config.json', '{}')
  await put(
    'seal.json',
    JSON.stringify({
      schemaVersion: 1,
      sealedAt: '2026-01-05T09:00:00.000Z',
      refused: null,
      files: [{ path: 'model.safetensors', bytes: 3, sha256: sha256(weights) }],
      tensors: [],
      leftOut: [],
      modelHash: sha256(basename(first)),
      workspace: { files: 0, bytes: 0, leftOut: [], leftOutSums: {} },
    }),
  )
  await edit(
    join(first, 'findings.json'),
    '"findings": []',
    '"findings": [{"detector":"d","kind":"k","summary":"s","measure":1,"evidence":[{"file":"workspace/cited.jsonl"}]}]',
  )
  const gc = async (keep: Keep): Promise<Record<string, string>> => {
    const plans = await planRetention(path, { keep, olderThanMs: 0 })
    for (const run of plans) if ('files' in run) await removePlanned(path, run, { keep, operator: 'op' })
    return Object.fromEntries(
      plans.flatMap((run) => ('files' in run ? run.files.map(({ path, why }) => [path, why]) : [])),
    )
  }
  return { path, first, second, file, gc, [Symbol.asyncDispose]: () => folder.remove() }
}

async function edit(path: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  expect(text).toMatch(from)
  await writeFile(path, text.replace(from, to))
}

async function everything(path: string): Promise<string[]> {
  const { entries } = await listTree(path, { entries: 10_000, depth: 20 })
  return entries.filter(({ kind }) => kind !== 'folder').map((entry) => entry.path)
}

const leftovers = {
  'attempts/1/live/': 'leftover',
  'attempts/1/workspace.partial/': 'leftover',
  'attempts/1/workspace/__pycache__/train.cpython-312.pyc': 'python_cache',
  'attempts/1/workspace/checkpoint-7/model.bin': 'bulk',
  'attempts/1/workspace/data.jsonl': 'bulk',
}

test.each<[Keep, Record<string, string>]>([
  ['all', {}],
  ['weights', leftovers],
  ['hashes', { 'attempts/1/final_model/model.safetensors': 'weights', ...leftovers }],
])('keep: %s takes what it says and nothing else', async (keep, expected) => {
  await using fixture = await openFixture()
  const before = await everything(fixture.path)
  expect(await fixture.gc(keep)).toEqual(expected)
  const gone = Object.keys(expected)
  const first = fixture.first.slice(fixture.path.length + 1)
  const after = await everything(fixture.path)
  expect(after.filter((path) => !path.endsWith('gc.jsonl'))).toEqual(
    before.filter((path) => !gone.some((one) => path.startsWith(`${first}/${one}`))),
  )
})

test('puts on record what it took, with the hashes of weights', async () => {
  await using fixture = await openFixture()
  await fixture.gc('weights')
  await fixture.gc('hashes')
  await fixture.gc('hashes') // nothing left, nothing written
  const lines = (await readFile(join(fixture.first, 'gc.jsonl'), 'utf8')).trimEnd().split('\n')
  const removals = lines.map((line) => removalSchema.parse(JSON.parse(line)))
  expect(removals.map(({ policy, operator, files }) => [policy, operator, files.length])).toEqual([
    ['weights', 'op', 5],
    ['hashes', 'op', 1],
  ])
  expect(removals[1]?.files).toEqual([
    {
      path: 'attempts/1/final_model/model.safetensors',
      bytes: 3,
      why: 'weights',
      sha256: sha256(weights),
    },
  ])
})

test('every view is as before', async () => {
  await using fixture = await openFixture()
  const protocol = (await readCatalog()).protocol('nano-v1')
  const view = async (): Promise<unknown> => {
    await rebuildResult(fixture.first)
    const data = await readExperiment(fixture.path)
    return [renderLeaderboard(aggregate([data], { protocol }), { colour: false }), data.problems]
  }
  const before = [await view(), await readRunStatus(fixture.first)]
  await fixture.gc('hashes')
  expect([await view(), await readRunStatus(fixture.first)]).toEqual(before)
})

test.each<[string, (run: string) => Promise<unknown>, RegExp]>([
  [
    'not finished',
    (run) => edit(join(run, 'journal.jsonl'), '"type":"finished"', '"type":"other"'),
    /cannot be read/u,
  ],
  [
    'running',
    (run) => edit(join(run, 'journal.jsonl'), /\{[^\n]*"type":"finished"[^\n]*\n/u, ''),
    /not finished/u,
  ],
  [
    'waiting for a verdict',
    (run) => edit(join(run, 'journal.jsonl'), '"kind":"scored"', '"kind":"unjudged"'),
    /verdict/u,
  ],
  ['one whose findings are broken', (run) => writeFile(join(run, 'findings.json'), '{'), /cannot be read/u],
])('leaves a run alone that is %s', async (_, change, why) => {
  await using fixture = await openFixture()
  await change(fixture.first)
  const plans = await planRetention(fixture.path, { keep: 'hashes', olderThanMs: 0 })
  expect(plans.map((run) => ('kept' in run ? run.kept : ''))).toEqual([
    expect.stringMatching(why),
    expect.stringMatching(/may be alive on elsewhere/u),
  ])
})

test('leaves alone what was finished too recently', async () => {
  await using fixture = await openFixture()
  const finished = Date.parse('2026-01-05T09:07:30.000Z')
  for (const [age, kept] of [
    [1000, true],
    [9_999_999, false],
  ] as const) {
    const [run] = await planRetention(fixture.path, {
      keep: 'all',
      olderThanMs: 3_600_000,
      now: () => finished + age,
    })
    expect(run !== undefined && 'kept' in run).toBe(kept)
  }
})

test('follows no link, neither when it looks nor when it removes', async () => {
  await using fixture = await openFixture()
  const outside = join(fixture.path, '..', 'outside')
  await mkdir(outside)
  await writeFile(join(outside, 'data.jsonl'), large)
  await symlink(outside, fixture.file('workspace/linked'))
  const [run] = await planRetention(fixture.path, { keep: 'hashes', olderThanMs: 0 })
  // between looking and removing the folder becomes a link to one with files of the same names
  await rm(fixture.file('workspace'), { recursive: true })
  await symlink(outside, fixture.file('workspace'))
  await rm(fixture.file('live'), { recursive: true })
  await symlink(outside, fixture.file('live'))
  if (run !== undefined && 'files' in run)
    await removePlanned(fixture.path, run, { keep: 'hashes', operator: 'op' })
  expect(await everything(outside)).toEqual(['data.jsonl'])
  // and a link in the place of an attempt is no attempt
  await rm(fixture.file('.'), { recursive: true, force: true })
  await symlink(outside, join(fixture.first, 'attempts', '2'))
  expect(await fixture.gc('hashes')).toEqual({})
})

test('takes weights out of a read-only folder, which stays read-only', async () => {
  await using fixture = await openFixture()
  await chmod(fixture.file('final_model'), 0o500)
  expect(await fixture.gc('hashes')).toHaveProperty('attempts/1/final_model/model.safetensors')
  expect((await lstat(fixture.file('final_model'))).mode & 0o777).toBe(0o500)
  expect(await everything(fixture.file('final_model'))).toEqual(['config.json'])
})

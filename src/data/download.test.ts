import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeHub, type FakeHub, type FakeRepository } from '../../test/fakes/hub.ts'
import { writeParquet } from '../../test/fixtures/parquet.ts'
import { modelSchema } from '../domain/catalog.ts'
import { datasetSchema, type Dataset } from '../domain/dataset.ts'
import type { CacheEntry } from './cache-entry.ts'
import { createDatasetEntry } from './dataset-entry.ts'
import { createHub, type HubOptions } from './hub.ts'
import { createModelEntry, findCachedModel } from './model-entry.ts'

const commit = 'c'.repeat(40)
const token = 'hf_0123456789abcdefSECRET'
const weights = randomBytes(300_000)
const lines = `${JSON.stringify({ question: 'q', answer: 'a' })}\n`
const model: FakeRepository = {
  type: 'model',
  name: 'lab/base',
  commit,
  branch: 'main',
  files: {
    'config.json': Buffer.from('{"model_type":"x"}'),
    'model.safetensors': weights,
    'tokenizer.json': Buffer.from('{}'),
    'modeling.py': Buffer.from('import os'),
    'pytorch_model.bin': Buffer.from('pickle'),
    'original/model.safetensors': Buffer.from('x'),
  },
}
const data: FakeRepository = {
  type: 'dataset',
  name: 'lab/data',
  commit,
  branch: 'refs/convert/parquet',
  files: {
    'test.jsonl': Buffer.from(lines),
    'main/test.parquet': writeParquet([{ question: 'q', answer: 'a' }], 'zstd'),
  },
}

let folder = ''
let server: FakeHub
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-download-'))
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function serve(...repositories: FakeRepository[]): Promise<void> {
  server = await createFakeHub(repositories)
}

function modelEntry(revision = commit): CacheEntry {
  return createModelEntry(modelOf(revision), { cache: folder, builtIn: null })
}

function modelOf(revision: string) {
  const hub = { repository: 'lab/base', revision }
  return modelSchema.parse({ id: 'base', title: 'Base', role: 'base', hub, parameters: 1 })
}

function dataset(
  more: Partial<Dataset> & { readonly path?: string; readonly revision?: string } = {},
): CacheEntry {
  const { path = 'test.jsonl', revision = commit, ...rest } = more
  const format = path.endsWith('.parquet') ? 'parquet' : 'jsonl'
  const parsed = datasetSchema.parse({
    id: 'set',
    title: 'Set',
    benchmarks: [],
    licence: 'MIT',
    redistributable: true,
    rows: { count: 1, columns: ['question', 'answer'] },
    files: [{ path: `set/test.${format}`, format, hub: { repository: 'lab/data', revision, path } }],
    ...rest,
  })
  return createDatasetEntry(parsed, { own: null, cache: folder })
}

function download(entry: CacheEntry, options: Partial<HubOptions> = {}): Promise<void> {
  return entry.download({
    hub: createHub({ endpoint: server.endpoint, token: null, ...options }),
    progress: { begin: () => {}, add: () => {}, file: () => {} },
    retry: { retries: 3, firstMs: 1, maxMs: 5 },
    stallMs: 300,
  })
}

describe('download', () => {
  it('brings a checkpoint: no code, no pickles, nothing in folders', async () => {
    await serve(model)
    await download(modelEntry())
    const path = findCachedModel(folder, modelOf(commit)) ?? ''
    expect((await readdir(path)).toSorted()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json'])
    expect((await readFile(join(path, 'model.safetensors'))).equals(weights)).toBe(true)
    expect(await modelEntry().verify()).toEqual([])
  })

  it('asks nobody again for what is here', async () => {
    await serve(model)
    await download(modelEntry())
    const before = server.requests.length
    await download(modelEntry())
    expect(server.requests).toHaveLength(before)
  })

  it('resolves a branch to a commit and holds to it when the branch has moved', async () => {
    await serve(model)
    server.faults.set('model.safetensors', { kind: 'status', status: 404, times: 1 })
    server.faults.set('config.json', { kind: 'status', status: 403, times: 1 })
    await expect(download(modelEntry('main'))).rejects.toMatchObject({
      code: expect.stringMatching(/^hub\//),
    })
    const first = server
    await serve({ ...model, commit: 'd'.repeat(40) }, model)
    await first[Symbol.asyncDispose]()
    // the later commit has the branch now; the old one is still there, but not what main means
    await expect(download(modelEntry('main'))).rejects.toMatchObject({ code: 'hub/revision_not_found' })
    expect(server.requests.every(({ path }) => !path.includes('d'.repeat(40)))).toBe(true)
    expect((await modelEntry('main').state()).commit).toBe(commit)
  })

  it('goes on after cut connections, and gets no byte twice', async () => {
    await serve(model)
    server.faults.set('model.safetensors', { kind: 'cut', afterBytes: 100_000, times: 2 })
    await download(modelEntry())
    expect(server.requests.filter(({ host }) => host === 'cdn').map(({ range }) => range)).toEqual([
      undefined,
      'bytes=100000-',
      'bytes=200000-',
    ])
    expect(server.sentBytes.get('model.safetensors')).toBe(weights.length)
  })

  it('gives up a connection that brings nothing, and goes on', async () => {
    await serve(model)
    server.faults.set('model.safetensors', { kind: 'stall', afterBytes: 50_000, times: 1 })
    await download(modelEntry())
    expect(server.sentBytes.get('model.safetensors')).toBe(weights.length)
  })

  it('begins anew where a server knows no ranges', async () => {
    await serve(model)
    server.faults.set('model.safetensors', { kind: 'cut', afterBytes: 20_000, times: 99 })
    await expect(download(modelEntry())).rejects.toMatchObject({ code: 'hub/interrupted' })
    server.faults.set('model.safetensors', { kind: 'no_ranges' })
    await download(modelEntry())
    expect(await modelEntry().verify()).toEqual([])
  })

  it('begins anew, once, when what an earlier process left is the fault', async () => {
    await serve(model)
    server.faults.set('model.safetensors', { kind: 'status', status: 404, times: 1 })
    await expect(download(modelEntry())).rejects.toMatchObject({ code: 'hub/not_found' })
    await writeFile(join(folder, 'base', `${commit}.partial`, 'model.safetensors.partial'), 'garbage')
    await download(modelEntry())
    expect(await modelEntry().verify()).toEqual([])
  })

  it.each([
    ['a 500 that passes', { kind: 'status', status: 500, times: 2 } as const],
    ['a 429 that passes', { kind: 'status', status: 429, times: 2 } as const],
  ])('tries again after %s', async (_, fault) => {
    await serve(data)
    server.faults.set('test.jsonl', fault)
    await download(dataset())
    expect((await dataset().state()).status).toBe('here')
  })

  it('reads Parquet of another host, by a branch with slashes', async () => {
    await serve(data)
    await download(dataset({ path: 'main/test.parquet', revision: 'refs/convert/parquet' }))
    expect(
      await dataset({ path: 'main/test.parquet', revision: 'refs/convert/parquet' }).state(),
    ).toMatchObject({
      status: 'here',
      commit,
    })
  })

  it('takes the next form where the first cannot be had', async () => {
    await serve(data)
    const hub = { repository: 'lab/data', revision: commit }
    const entry = dataset({
      files: [
        { path: 'set/a.jsonl', format: 'jsonl', hub: { ...hub, path: 'gone.jsonl' } },
        { path: 'set/b.jsonl', format: 'jsonl', hub: { ...hub, path: 'test.jsonl' } },
      ],
    })
    await download(entry)
    expect((await entry.state()).path).toBe(join(folder, 'set/b.jsonl'))
  })
})

describe('what an endpoint may answer', () => {
  const failures: [string, () => Promise<void>, string][] = [
    ['no such revision', () => download(dataset({ revision: 'f'.repeat(40) })), 'hub/revision_not_found'],
    ['no such branch', () => download(dataset({ revision: 'v9' })), 'hub/revision_not_found'],
    ['no such file', () => download(dataset({ path: 'gone.jsonl' })), 'hub/file_not_found'],
    ['a web page instead of its API', () => spoiled('api', { kind: 'html' }), 'hub/not_a_hub'],
    ['a web page instead of a file', () => spoiled('test.jsonl', { kind: 'html' }), 'hub/not_a_hub'],
    [
      'other bytes than announced',
      () => spoiled('test.jsonl', { kind: 'wrong_bytes' }),
      'data/wrong_content',
    ],
    [
      'nothing but failures',
      () => spoiled('test.jsonl', { kind: 'status', status: 503, times: 99 }),
      'hub/server',
    ],
    ['nobody there', () => download(dataset(), { endpoint: 'http://127.0.0.1:1' }), 'hub/unreachable'],
    ['not asked: offline', () => download(dataset(), { offline: true }), 'hub/offline'],
    ['fewer rows', () => download(dataset({ rows: { count: 2, columns: ['question'] } })), 'data/changed'],
    ['other columns', () => download(dataset({ rows: { columns: ['Question'] } })), 'data/changed'],
    [
      'other rows',
      () => download(dataset({ rows: { columns: ['question'], sha256: '0'.repeat(64) } })),
      'data/changed',
    ],
  ]
  async function spoiled(...[key, fault]: Parameters<FakeHub['faults']['set']>): Promise<void> {
    server.faults.set(key, fault)
    await download(dataset())
  }

  it.each(failures)('%s: a named error with a remedy, and nothing in the cache', async (_, fail, code) => {
    await serve(data)
    await expect(fail()).rejects.toMatchObject({ code, remedy: expect.stringMatching(/./) })
    expect(existsSync(join(folder, 'set/test.jsonl'))).toBe(false)
  })

  it('no such repository', async () => {
    await serve(model)
    await expect(download(dataset())).rejects.toMatchObject({ code: 'hub/repository_not_found' })
  })

  it('a tree that leads out of the folder', async () => {
    await serve({ ...model, files: { ...model.files, '..': Buffer.from('x') } })
    await expect(download(modelEntry())).rejects.toMatchObject({ code: 'hub/not_a_hub' })
  })

  it('a repository that is no checkpoint', async () => {
    await serve({ ...model, files: { 'config.json': Buffer.from('{}'), 'weights.bin': Buffer.from('x') } })
    await expect(download(modelEntry())).rejects.toMatchObject({ code: 'hub/no_checkpoint' })
  })
})

describe('gated', () => {
  const gated: FakeRepository = { ...data, gatedFor: token }

  it('says where to accept the terms when there is no token', async () => {
    await serve(gated)
    await expect(download(dataset())).rejects.toMatchObject({
      code: 'hub/gated',
      remedy: expect.stringContaining(`${server.endpoint}/datasets/lab/data`),
    })
  })

  it('never shows a token, and tells that its account may not', async () => {
    await serve(gated)
    const failure: unknown = await download(dataset(), { token: `${token}x` }).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({
      code: 'hub/gated',
      remedy: expect.stringContaining('account of the token'),
    })
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain(token)
  })

  it('sends the token to the endpoint alone, not to where files are led on', async () => {
    await serve(gated)
    await download(dataset({ path: 'main/test.parquet' }), { token })
    const sent = (host: string) => server.requests.filter((request) => request.host === host)
    expect(sent('hub').every(({ authorization }) => authorization === `Bearer ${token}`)).toBe(true)
    expect(sent('cdn').map(({ authorization }) => authorization)).toEqual([undefined])
  })
})

describe('verify', () => {
  it('names what is broken, missing or foreign in a model, with the remedy', async () => {
    await serve(model)
    await download(modelEntry())
    const path = findCachedModel(folder, modelOf(commit)) ?? ''
    await writeFile(join(path, 'config.json'), '{"model_type":"y"}')
    await rm(join(path, 'tokenizer.json'))
    await writeFile(join(path, 'extra.json'), '{}')
    expect((await modelEntry().verify()).map(({ problem }) => problem)).toEqual([
      'its content has changed: the hash differs',
      'it is missing',
      'it was not downloaded',
    ])
  })

  it('finds a changed byte of data that the catalogue gives no hash of', async () => {
    await serve(data)
    await download(dataset())
    await writeFile(join(folder, 'set/test.jsonl'), lines.replace('"q"', '"p"'))
    expect(await dataset().verify()).toMatchObject([
      { path: join(folder, 'set/test.jsonl'), remedy: expect.stringContaining('ptb cache download set') },
    ])
  })

  it('finds data of another revision than the catalogue names now', async () => {
    await serve(data)
    await download(dataset({ revision: 'refs/convert/parquet' }))
    expect(await dataset({ revision: 'refs/convert/parquet' }).verify()).toEqual([])
    expect(await dataset().verify()).toMatchObject([{ problem: expect.stringContaining('another place') }])
  })

  it('finds data in a folder of the operator’s that is not what the catalogue names', async () => {
    await serve(data)
    const own = join(folder, 'own')
    await mkdir(join(own, 'set'), { recursive: true })
    await writeFile(join(own, 'set/test.jsonl'), lines)
    const parsed = datasetSchema.parse({
      id: 'set',
      title: 'Set',
      benchmarks: [],
      licence: 'MIT',
      redistributable: true,
      rows: { columns: ['question'] },
      files: [
        {
          path: 'set/test.jsonl',
          format: 'jsonl',
          sha256: createHash('sha256').update('other').digest('hex'),
        },
      ],
    })
    expect(await createDatasetEntry(parsed, { own, cache: folder }).verify()).toHaveLength(1)
  })
})

import { execFile } from 'node:child_process'
import { chmod, link, lstat, mkdir, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  encodeTensors,
  safetensorsBytes,
  temporaryFolder,
  writeCheckpoint,
} from '../../../test/fixtures/checkpoint.ts'
import type { SealRecord } from '../../domain/seal.ts'
import { hashFile, sha256 } from '../../lib/hash.ts'
import { removeTree } from '../../lib/remove-tree.ts'
import { sealAttempt } from './seal.ts'
import { defaultSealLimits, type SealLimits } from './seal-limits.ts'

const tensors = { 'model.embed_tokens.weight': { shape: [4, 2], values: [1, 2, 3, 4, 5, 6, 7, 8] } }

interface Attempt extends AsyncDisposable {
  readonly attemptPath: string
  readonly live: string
  readonly model: string
  readonly outside: string
  seal(limits?: SealLimits): Promise<SealRecord>
}

async function createAttempt(): Promise<Attempt> {
  const folder = await temporaryFolder()
  const attemptPath = join(folder.path, 'attempt')
  const live = join(attemptPath, 'live')
  const model = join(live, 'final_model')
  const outside = join(folder.path, 'outside')
  await mkdir(live, { recursive: true })
  await mkdir(outside)
  return {
    attemptPath,
    live,
    model,
    outside,
    seal: (limits = defaultSealLimits) =>
      sealAttempt({ workspacePath: live, modelPath: model, attemptPath, limits }),
    async [Symbol.asyncDispose]() {
      await removeTree(folder.path)
    },
  }
}

describe('an honest submission', () => {
  test('is taken over, hashed and made read-only', async () => {
    await using attempt = await createAttempt()
    await writeCheckpoint(attempt.model, tensors, {
      'README.md': 'hello',
      'train_state.bin': 'x',
      'run.py': 'x',
    })
    const record = await attempt.seal()
    expect(record.refused).toBeNull()
    expect(record.files.map(({ path }) => path)).toEqual([
      'README.md',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ])
    const sealed = join(attempt.attemptPath, 'final_model')
    for (const { path, sha256, bytes } of record.files) {
      expect(await hashFile(join(sealed, path))).toBe(sha256)
      const info = await lstat(join(sealed, path))
      expect([info.size, info.mode & 0o777, info.nlink]).toEqual([bytes, 0o444, 1])
    }
    expect(record.modelHash).toBe(
      sha256(record.files.map((file) => `${file.sha256}  ${file.path}\n`).join('')),
    )
    expect(record.tensors).toEqual([
      {
        name: 'model.embed_tokens.weight',
        file: 'model.safetensors',
        dtype: 'F32',
        shape: [4, 2],
        sha256: sha256(Buffer.from(Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]).buffer)),
      },
    ])
    expect(record.leftOut).toEqual([
      { path: 'run.py', why: 'code', bytes: 1 },
      { path: 'train_state.bin', why: 'pickle', bytes: 1 },
    ])
  })

  test('gives the same record when it is sealed again, also after the live folder is gone', async () => {
    await using attempt = await createAttempt()
    await writeCheckpoint(attempt.model, tensors)
    const record = await attempt.seal()
    await rm(attempt.live, { recursive: true })
    expect(await attempt.seal()).toEqual(record)
  })

  test('survives a seal that was cut short at any of its steps', async () => {
    await using attempt = await createAttempt()
    await writeCheckpoint(attempt.model, tensors)
    const whole = await attempt.seal()
    for (const left of ['final_model', 'final_model.partial', 'workspace', 'workspace.partial']) {
      await rm(join(attempt.attemptPath, 'seal.json'))
      await mkdir(join(attempt.attemptPath, left, 'torn'), { recursive: true })
      const again = await attempt.seal()
      expect({ ...again, sealedAt: '' }).toEqual({ ...whole, sealedAt: '' })
      expect((await readdir(attempt.attemptPath)).sort()).toEqual([
        'final_model',
        'live',
        'seal.json',
        'workspace',
      ])
    }
  })

  test('may consist of shards', async () => {
    await using attempt = await createAttempt()
    await writeCheckpoint(attempt.model, tensors)
    await rm(join(attempt.model, 'model.safetensors'))
    await writeFile(join(attempt.model, 'a-1.safetensors'), encodeTensors({ a: { shape: [1], values: [1] } }))
    await writeFile(
      join(attempt.model, 'stale.safetensors'),
      encodeTensors({ b: { shape: [1], values: [1] } }),
    )
    await writeFile(
      join(attempt.model, 'model.safetensors.index.json'),
      '{"weight_map":{"a":"a-1.safetensors"}}',
    )
    const record = await attempt.seal()
    expect(record.refused).toBeNull()
    expect(record.tensors.map(({ name }) => name)).toEqual(['a'])
    expect(record.leftOut).toEqual([
      { path: 'stale.safetensors', why: 'superseded', bytes: expect.any(Number) },
    ])
  })

  test('has one set of weights only: what loaders would ignore is not served either', async () => {
    await using attempt = await createAttempt()
    await writeCheckpoint(attempt.model, tensors, {
      'model.safetensors.index.json': '{"weight_map":{"a":"../a.safetensors"}}',
      'other.safetensors': 'x',
    })
    const record = await attempt.seal()
    expect(record.refused).toBeNull()
    expect(record.leftOut.map(({ path, why }) => [path, why])).toEqual([
      ['model.safetensors.index.json', 'superseded'],
      ['other.safetensors', 'superseded'],
    ])
  })

  test('may be hard-linked to a checkpoint of its own, as `cp -l` does', async () => {
    await using attempt = await createAttempt()
    await writeCheckpoint(join(attempt.live, 'checkpoint-9'), tensors)
    await mkdir(attempt.model)
    for (const name of ['config.json', 'model.safetensors'])
      await link(join(attempt.live, 'checkpoint-9', name), join(attempt.model, name))
    expect((await attempt.seal()).refused).toBeNull()
  })
})

type Tamper = (attempt: Attempt) => Promise<unknown>
const write =
  (name: string, content: string | Uint8Array): Tamper =>
  ({ model }) =>
    writeFile(join(model, name), content)
const inPlaceOf =
  (name: string, make: (path: string, attempt: Attempt) => Promise<unknown>): Tamper =>
  async (attempt) => {
    await rm(join(attempt.model, name), { force: true })
    await make(join(attempt.model, name), attempt)
  }

describe('a submission is refused', () => {
  const cases: readonly [string, Tamper, string][] = [
    ['when it is missing', ({ model }) => rm(model, { recursive: true }), 'nothing_submitted'],
    [
      'when the workspace itself was removed',
      ({ live }) => rm(live, { recursive: true }),
      'nothing_submitted',
    ],
    [
      'when it is a file',
      async ({ model }) => {
        await rm(model, { recursive: true })
        await writeFile(model, 'x')
      },
      'not_a_folder',
    ],
    [
      'when it is a link to a good checkpoint',
      async ({ model, outside }) => {
        await rm(model, { recursive: true })
        await writeCheckpoint(join(outside, 'good'), tensors)
        await symlink(join(outside, 'good'), model)
      },
      'link',
    ],
    [
      'when it is a dangling link',
      async ({ model }) => {
        await rm(model, { recursive: true })
        await symlink('/nowhere', model)
      },
      'link',
    ],
    [
      'when it is empty',
      async ({ model }) => {
        await rm(model, { recursive: true })
        await mkdir(model)
      },
      'no_config',
    ],
    ['without config.json', inPlaceOf('config.json', async () => undefined), 'no_config'],
    ['without weights', inPlaceOf('model.safetensors', async () => undefined), 'no_weights'],
    [
      'with pickled weights only',
      inPlaceOf('model.safetensors', async (_, { model }) =>
        writeFile(join(model, 'pytorch_model.bin'), 'x'),
      ),
      'not_safetensors',
    ],
    [
      'when the weights are an absolute link',
      inPlaceOf('model.safetensors', async (path, { outside }) => {
        await writeFile(join(outside, 'w'), encodeTensors(tensors))
        await symlink(join(outside, 'w'), path)
      }),
      'link',
    ],
    [
      'when the weights are a relative link',
      inPlaceOf('model.safetensors', (path) => symlink('../../../outside/w', path)),
      'link',
    ],
    [
      'when the configuration is a link to a secret',
      inPlaceOf('config.json', (path) => symlink('/etc/passwd', path)),
      'link',
    ],
    [
      'when the configuration is a link to itself',
      inPlaceOf('config.json', (path) => symlink('config.json', path)),
      'link',
    ],
    [
      'when the weights are a hard link to a file outside',
      inPlaceOf('model.safetensors', async (path, { outside }) => {
        await writeFile(join(outside, 'w'), encodeTensors(tensors))
        await link(join(outside, 'w'), path)
      }),
      'hard_link',
    ],
    [
      'when the configuration is a pipe',
      inPlaceOf('config.json', (path) => promisify(execFile)('mkfifo', [path])),
      'special_file',
    ],
    [
      'when the weights are a pipe',
      inPlaceOf('model.safetensors', (path) => promisify(execFile)('mkfifo', [path])),
      'special_file',
    ],
    [
      'when the configuration is a socket',
      inPlaceOf(
        'config.json',
        (path) =>
          new Promise((resolve) => {
            const server = createServer().listen(path, () => {
              server.unref()
              resolve(undefined)
            })
          }),
      ),
      'special_file',
    ],
    ['when the configuration is a folder', inPlaceOf('config.json', (path) => mkdir(path)), 'special_file'],
    ['when the weights are a folder', inPlaceOf('model.safetensors', (path) => mkdir(path)), 'special_file'],
    [
      'with a broken header',
      write('model.safetensors', safetensorsBytes('{', new Uint8Array(9), 99n)),
      'broken_header',
    ],
    [
      'with overlapping tensors',
      write(
        'model.safetensors',
        safetensorsBytes(
          {
            a: { dtype: 'U8', shape: [4], data_offsets: [0, 4] },
            b: { dtype: 'U8', shape: [4], data_offsets: [0, 4] },
          },
          new Uint8Array(4),
        ),
      ),
      'bad_offsets',
    ],
    [
      'with an index that points outside',
      inPlaceOf('model.safetensors', (_, { model }) =>
        writeFile(join(model, 'model.safetensors.index.json'), '{"weight_map":{"a":"../a.safetensors"}}'),
      ),
      'index_outside',
    ],
    [
      'with a shard missing',
      inPlaceOf('model.safetensors', (_, { model }) =>
        writeFile(join(model, 'model.safetensors.index.json'), '{"weight_map":{"a":"a.safetensors"}}'),
      ),
      'missing_shard',
    ],
    [
      'with a shard that is a link',
      inPlaceOf('model.safetensors', async (_, { model }) => {
        await symlink('/etc/passwd', join(model, 'a.safetensors'))
        await writeFile(join(model, 'model.safetensors.index.json'), '{"weight_map":{"a":"a.safetensors"}}')
      }),
      'link',
    ],
    ['with auto_map', write('config.json', '{"auto_map":{"AutoModel":"evil.Model"}}'), 'remote_code'],
    ['with auto_map below', write('tokenizer_config.json', '{"a":[{"b":{"auto_map":{}}}]}'), 'remote_code'],
    ['with an escaped auto_map', write('config.json', String.raw`{"auto\u005fmap":{}}`), 'remote_code'],
    ['with trust_remote_code', write('generation_config.json', '{"trust_remote_code":true}'), 'remote_code'],
    ['with a key given twice', write('config.json', '{"a":1,"a":2}'), 'unreadable_json'],
    ['with a configuration that is not JSON', write('config.json', 'x'), 'unreadable_json'],
    ['with a configuration that is a list', write('config.json', '[]'), 'unreadable_json'],
    [
      'with deep JSON',
      write('config.json', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
      'unreadable_json',
    ],
    ['with JSON that is not UTF-8', write('config.json', Buffer.from([0x7b, 0xff, 0x7d])), 'unreadable_json'],
    [
      'with a huge sparse file',
      async ({ model }) => {
        await using file = await open(join(model, 'model.safetensors'), 'r+')
        await file.truncate(200 * 1024 ** 3)
      },
      'too_large',
    ],
    [
      'with a huge sparse configuration',
      async ({ model }) => {
        await using file = await open(join(model, 'config.json'), 'r+')
        await file.truncate(10 * 1024 ** 3)
      },
      'too_large',
    ],
    [
      'with a deep tree',
      ({ model }) => mkdir(join(model, 'd/'.repeat(20)), { recursive: true }),
      'too_many_files',
    ],
    [
      'with too many files',
      async ({ model }) => {
        for (let index = 0; index < 2_001; index++) await writeFile(join(model, `f${index}`), '')
      },
      'too_many_files',
    ],
  ]
  test.for(cases)('%s', async ([, tamper, what]) => {
    await using attempt = await createAttempt()
    await writeCheckpoint(attempt.model, tensors)
    await tamper(attempt)
    const record = await attempt.seal()
    expect(record.refused?.reason).toBe(`no_model/${what}`)
    expect([record.files, record.tensors, record.modelHash]).toEqual([[], [], null])
    expect((await readdir(attempt.attemptPath)).filter((name) => name.startsWith('final_model'))).toEqual([])
    expect(JSON.parse(await readFile(join(attempt.attemptPath, 'seal.json'), 'utf8'))).toEqual(record)
  })
})

describe('the archive of the workspace', () => {
  test('holds files, and says what it does not hold', async () => {
    await using attempt = await createAttempt()
    const { live, outside } = attempt
    await writeCheckpoint(attempt.model, tensors, { 'evil.py': 'x' })
    await mkdir(join(live, 'data'))
    await writeFile(join(live, 'data/train.jsonl'), '{}\n')
    await writeFile(join(live, 'two words\n'), 'x')
    await writeFile(Buffer.concat([Buffer.from(`${live}/`), Buffer.from([0xff, 0x41])]), 'x')
    await writeFile(join(outside, 'secret'), 'key')
    await symlink(join(outside, 'secret'), join(live, 'stolen'))
    await symlink(outside, join(live, 'folder'))
    await symlink('..', join(live, 'loop'))
    await link(join(outside, 'secret'), join(live, 'hard'))
    await promisify(execFile)('mkfifo', [join(live, 'pipe')])
    await chmod(join(live, 'data/train.jsonl'), 0o4777)
    const record = await attempt.seal()
    const archive = join(attempt.attemptPath, 'workspace')
    expect((await readdir(archive, { recursive: true })).sort()).toEqual([
      '%ffA',
      'data',
      'data/train.jsonl',
      'final_model',
      'final_model/config.json',
      'final_model/evil.py',
      'final_model/tokenizer.json',
      'two%20words%0a',
    ])
    expect((await lstat(join(archive, 'data/train.jsonl'))).mode & 0o7777).toBe(0o444)
    expect(record.workspace.files).toBe(6)
    expect(record.workspace.leftOut.map(({ path, why }) => `${path}: ${why.split(' ')[0]}`).sort()).toEqual([
      'final_model/model.safetensors: weights',
      'folder: link',
      'hard: hard_link',
      'loop: link',
      'pipe: special',
      'stolen: link',
    ])
    expect(record.workspace.leftOutSums['link']).toEqual({ files: 3, bytes: 0 })
  })

  test('keeps what may be training data when it runs out of room', async () => {
    await using attempt = await createAttempt()
    await writeFile(join(attempt.live, 'aaa.cache'), 'x'.repeat(600))
    await writeFile(join(attempt.live, 'zzz.jsonl'), 'x'.repeat(600))
    await writeFile(join(attempt.live, 'small.cache'), 'x'.repeat(100))
    const limits = { ...defaultSealLimits, workspace: { ...defaultSealLimits.workspace, bytes: 1_000 } }
    const { workspace } = await attempt.seal(limits)
    expect((await readdir(join(attempt.attemptPath, 'workspace'))).sort()).toEqual([
      'small.cache',
      'zzz.jsonl',
    ])
    expect(workspace.leftOutSums).toEqual({ over_budget: { files: 1, bytes: 600 } })
  })

  test('leaves a huge sparse file where it is', async () => {
    await using attempt = await createAttempt()
    const file = await open(join(attempt.live, 'huge.jsonl'), 'wx')
    await file.truncate(2 ** 42)
    await file.close()
    expect((await attempt.seal()).workspace.leftOutSums).toEqual({ too_large: { files: 1, bytes: 2 ** 42 } })
  })

  test('copes with a tree deeper than paths can be, which can be removed afterwards', async () => {
    await using attempt = await createAttempt()
    const dig = 'for i in $(seq 40); do mkdir "$1" && cd "$1"; done; echo x > f'
    await promisify(execFile)('sh', ['-c', dig, 'sh', 'd'.repeat(200)], { cwd: attempt.live })
    const { workspace } = await attempt.seal()
    expect(Object.values(workspace.leftOutSums).length).toBeGreaterThan(0)
    await removeTree(attempt.live)
    expect(await readdir(attempt.attemptPath)).not.toContain('live')
  })

  test('lists no more than it must of many left-out files, and counts all', async () => {
    await using attempt = await createAttempt()
    for (let index = 0; index < 1_500; index++) await symlink('x', join(attempt.live, `l${index}`))
    const { workspace } = await attempt.seal()
    expect(workspace.leftOut).toHaveLength(1_000)
    expect(workspace.leftOutSums['link']?.files).toBe(1_500)
  })
})

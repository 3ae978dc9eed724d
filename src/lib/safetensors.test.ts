import * as fc from 'fast-check'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { encodeTensors, safetensorsBytes, temporaryFolder } from '../../test/fixtures/checkpoint.ts'
import { sha256 } from './hash.ts'
import { hashTensors } from './hash-tensors.ts'
import {
  readCheckpointTensors,
  readSafetensorsHeader,
  SafetensorsError,
  type SafetensorsFile,
} from './safetensors.ts'

const four = new Uint8Array(4)

function tensor(begin: unknown, end: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { dtype: 'F32', shape: [1], data_offsets: [begin, end], ...more }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'accepted'
  } catch (error) {
    if (error instanceof SafetensorsError) return error.code
    throw error
  }
}

async function headerCode(bytes: Uint8Array): Promise<string> {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'model.safetensors')
  await writeFile(path, bytes)
  return codeOf(readSafetensorsHeader(path))
}

describe('a safetensors header', () => {
  test('gives names, shapes and absolute byte ranges in the order of the bytes', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'model.safetensors')
    const header = {
      b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] },
      a: { dtype: 'U8', shape: [2, 2], data_offsets: [0, 4] },
      empty: { dtype: 'F32', shape: [0, 5], data_offsets: [8, 8] },
      __metadata__: { format: 'pt' },
    }
    await writeFile(path, safetensorsBytes(`${JSON.stringify(header)}   `, new Uint8Array(8)))
    const file = await readSafetensorsHeader(path)
    const start = file.bytes - 8
    expect(file.tensors.map(({ name, start, end }) => [name, start, end])).toEqual([
      ['a', start, start + 4],
      ['b', start + 4, start + 8],
      ['empty', start + 8, start + 8],
    ])
    expect(file.metadata.get('format')).toBe('pt')
  })

  const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  const hostile: readonly [string, Uint8Array, string][] = [
    ['an empty file', new Uint8Array(0), 'broken_header'],
    ['a file that ends within its length', new Uint8Array(5), 'broken_header'],
    ['a length beyond the file', safetensorsBytes('{}', four, 4_000n), 'broken_header'],
    ['a length of 2^63', safetensorsBytes('{}', four, 2n ** 63n), 'header_too_large'],
    ['a length of -1', safetensorsBytes('{}', four, 2n ** 64n - 1n), 'header_too_large'],
    ['a length of zero', safetensorsBytes('', new Uint8Array(16), 0n), 'broken_header'],
    ['text that is not JSON', safetensorsBytes('{"a":', four), 'broken_header'],
    ['a list', safetensorsBytes('[1,2,3]', four), 'broken_header'],
    ['leading spaces', safetensorsBytes('  {}'), 'broken_header'],
    ['a byte-order mark', safetensorsBytes('\ufeff{}'), 'broken_header'],
    ['bytes that are not UTF-8', Buffer.concat([safetensorsBytes('{"', four, 6n), four]), 'broken_header'],
    ['deep nesting', safetensorsBytes(deep), 'broken_header'],
    [
      'the same tensor twice',
      safetensorsBytes(`{"a":${j(tensor(0, 4))},"a":${j(tensor(0, 4))}}`, four),
      'duplicate_key',
    ],
    [
      'the same tensor twice, once escaped',
      safetensorsBytes(`{"a":${j(tensor(0, 4))},"\\u0061"${' '.repeat(99)}:${j(tensor(0, 4))}}`, four),
      'duplicate_key',
    ],
    [
      'the same field twice',
      safetensorsBytes('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', four),
      'duplicate_key',
    ],
    ['an unknown dtype', safetensorsBytes({ a: tensor(0, 4, { dtype: 'PICKLE' }) }, four), 'unknown_dtype'],
    [
      'a dtype from the prototype',
      safetensorsBytes({ a: tensor(0, 4, { dtype: 'constructor' }) }, four),
      'unknown_dtype',
    ],
    ['a negative size', safetensorsBytes({ a: tensor(0, 4, { shape: [-1] }) }, four), 'bad_shape'],
    ['a size that is a string', safetensorsBytes({ a: tensor(0, 4, { shape: ['1'] }) }, four), 'bad_shape'],
    ['a size that is no integer', safetensorsBytes({ a: tensor(0, 4, { shape: [1.5] }) }, four), 'bad_shape'],
    [
      'sizes whose product overflows',
      safetensorsBytes({ a: tensor(0, 4, { shape: [2 ** 40, 2 ** 40] }) }, four),
      'bad_shape',
    ],
    [
      'sizes whose product wraps to the right one',
      safetensorsBytes({ a: tensor(0, 4, { shape: [2 ** 52, 2 ** 12, 1] }) }, four),
      'bad_shape',
    ],
    [
      'too many axes',
      safetensorsBytes({ a: tensor(0, 4, { shape: Array.from({ length: 99 }, () => 1) }) }, four),
      'bad_shape',
    ],
    ['negative offsets', safetensorsBytes({ a: tensor(-4, 0) }, four), 'bad_offsets'],
    ['offsets in reverse', safetensorsBytes({ a: tensor(4, 0) }, four), 'bad_offsets'],
    [
      'offsets beyond every integer',
      safetensorsBytes(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1e400]}}`, four),
      'bad_offsets',
    ],
    ['offsets beyond the file', safetensorsBytes({ a: tensor(0, 4), b: tensor(4, 8) }, four), 'bad_offsets'],
    [
      'offsets that do not fit the shape',
      safetensorsBytes({ a: tensor(0, 8) }, new Uint8Array(8)),
      'bad_offsets',
    ],
    ['overlapping tensors', safetensorsBytes({ a: tensor(0, 4), b: tensor(0, 4) }, four), 'bad_offsets'],
    [
      'a gap between tensors',
      safetensorsBytes({ a: tensor(0, 4), b: tensor(8, 12) }, new Uint8Array(12)),
      'bad_offsets',
    ],
    ['a gap before the first', safetensorsBytes({ a: tensor(4, 8) }, new Uint8Array(8)), 'bad_offsets'],
    ['bytes after the last tensor', safetensorsBytes({ a: tensor(0, 4) }, new Uint8Array(5)), 'bad_offsets'],
    [
      'three offsets',
      safetensorsBytes({ a: { ...tensor(0, 4), data_offsets: [0, 4, 4] } }, four),
      'bad_offsets',
    ],
    ['a field too many', safetensorsBytes({ a: tensor(0, 4, { code: 'x' }) }, four), 'broken_header'],
    ['a tensor that is null', safetensorsBytes({ a: null }, four), 'broken_header'],
    [
      'a name of 2,000 characters',
      safetensorsBytes({ ['a'.repeat(2_000)]: tensor(0, 4) }, four),
      'broken_header',
    ],
    ['metadata that is no object', safetensorsBytes({ __metadata__: [] }), 'bad_metadata'],
    ['metadata that is not text', safetensorsBytes({ __metadata__: { a: 1 } }), 'bad_metadata'],
    ['an ordinary file', encodeTensors({ a: { shape: [2], values: [1, 2] } }), 'accepted'],
    ['a tensor called __proto__', safetensorsBytes(`{"__proto__":${j(tensor(0, 4))}}`, four), 'accepted'],
  ]
  test.for(hostile)('with %s', async ([, bytes, expected]) => {
    expect(await headerCode(bytes)).toBe(expected)
  })

  test('of a huge length is refused without reading it', async () => {
    const length = 16 * 1024 * 1024 + 1
    expect(await headerCode(safetensorsBytes(`{${' '.repeat(length - 2)}}`))).toBe('header_too_large')
  })

  test('with any damage is either refused with a code or leaves every tensor within the file', async () => {
    const good = encodeTensors({
      a: { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] },
      b: { shape: [1], values: [7] },
    })
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'model.safetensors')
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Buffer.from(good)
        for (const [index, value] of changes) bytes[index] = value
        await writeFile(path, bytes)
        const outcome = await readSafetensorsHeader(path).catch((error: unknown) => error)
        const sound =
          outcome instanceof SafetensorsError ||
          (isFile(outcome) && outcome.tensors.every(({ start, end }) => start <= end && end <= bytes.length))
        expect(sound).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})

describe('a checkpoint folder', () => {
  const shard = (name: string): Buffer => encodeTensors({ [name]: { shape: [1], values: [1] } })
  const cases: readonly [string, Record<string, string | Uint8Array>, string][] = [
    ['without weights', {}, 'no_weights'],
    [
      'with two shards',
      {
        'a.safetensors': shard('a'),
        'b.safetensors': shard('b'),
        index: j({ a: 'a.safetensors', b: 'b.safetensors' }),
      },
      'accepted',
    ],
    [
      'with a shard missing',
      { 'a.safetensors': shard('a'), index: j({ a: 'a.safetensors', b: 'b.safetensors' }) },
      'missing_shard',
    ],
    ['whose index points to the parent', { index: j({ a: '../a.safetensors' }) }, 'index_outside'],
    ['whose index points to a root', { index: j({ a: '/etc/a.safetensors' }) }, 'index_outside'],
    ['whose index names a pickle', { index: j({ a: 'model.bin' }) }, 'index_outside'],
    ['whose index names a number', { index: j({ a: 1 }) }, 'broken_index'],
    ['whose index is empty', { index: j({}) }, 'broken_index'],
    [
      'whose index hides a tensor',
      {
        'a.safetensors': encodeTensors({ a: { shape: [1], values: [1] }, b: { shape: [1], values: [1] } }),
        index: j({ a: 'a.safetensors' }),
      },
      'index_mismatch',
    ],
    [
      'whose index invents a tensor',
      { 'a.safetensors': shard('a'), index: j({ a: 'a.safetensors', b: 'a.safetensors' }) },
      'index_mismatch',
    ],
    [
      'with one tensor in two shards',
      {
        'a.safetensors': shard('a'),
        'b.safetensors': encodeTensors({ a: { shape: [1], values: [1] }, b: { shape: [1], values: [1] } }),
        index: j({ a: 'a.safetensors', b: 'b.safetensors' }),
      },
      'index_mismatch',
    ],
    ['with an empty file', { 'model.safetensors': safetensorsBytes('{}') }, 'no_tensors'],
  ]
  test.for(cases)('%s', async ([, files, expected]) => {
    await using folder = await temporaryFolder()
    for (const [name, content] of Object.entries(files)) {
      const index = typeof content === 'string'
      const path = join(folder.path, index ? 'model.safetensors.index.json' : name)
      await writeFile(path, index ? `{"weight_map":${content}}` : content)
    }
    expect(await codeOf(readCheckpointTensors(folder.path))).toBe(expected)
  })

  test('takes a folder called model.safetensors for no file', async () => {
    await using folder = await temporaryFolder()
    await mkdir(join(folder.path, 'model.safetensors'))
    expect(await codeOf(readCheckpointTensors(folder.path))).toBe('no_weights')
  })
})

test('hashes the whole file and each tensor in one pass', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'model.safetensors')
  const bytes = encodeTensors({ a: { shape: [2], values: [1, 2] }, b: { shape: [1], values: [3] } })
  await writeFile(path, bytes)
  const hashes = await hashTensors(await readSafetensorsHeader(path))
  expect(hashes.sha256).toBe(sha256(bytes))
  expect(hashes.tensors.get('a')).toBe(sha256(bytes.subarray(-12, -4)))
  expect(hashes.tensors.get('b')).toBe(sha256(bytes.subarray(-4)))
})

function isFile(outcome: unknown): outcome is SafetensorsFile {
  return typeof outcome === 'object' && outcome !== null && 'tensors' in outcome
}

function j(value: unknown): string {
  return JSON.stringify(value)
}

test.for([
  ['a dtype without conversions', { dtype: { toString: 1, valueOf: 1 } }, 'unknown_dtype'],
  ['a product that overflows before a zero', { shape: [2 ** 52, 2 ** 52, 0] }, 'bad_shape'],
] as const)('refuses %s', async ([, fields, code]) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'model.safetensors')
  const header = { a: { dtype: 'U8', shape: [0], data_offsets: [0, 0], ...fields } }
  await writeFile(path, safetensorsBytes(header))
  await expect(readSafetensorsHeader(path)).rejects.toThrow(expect.objectContaining({ code }))
})

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  encodeTensors,
  fixtureConfig,
  safetensorsBytes,
  temporaryFolder,
  writeCheckpoint,
  type FixtureTensor,
} from '../../../test/fixtures/checkpoint.ts'
import { detectAll, sealWithout, writeEvidence, writeFiles } from '../../../test/fixtures/sealed-evidence.ts'
import type { SealedEvidence } from '../../domain/detector.ts'
import type { Finding } from '../../domain/finding.ts'
import { sha256 } from '../../lib/hash.ts'
import { createRng } from '../../lib/rng.ts'
import { otherModels } from './other-models.ts'

function gauss(seed: number, size: number): Float64Array {
  const rng = createRng(seed)
  return Float64Array.from(
    { length: size },
    () => Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next()),
  )
}

function tensors(seed: number, distance = 0, width = 32): Record<string, FixtureTensor> {
  const random = (offset: number, rows: number): FixtureTensor => {
    const noise = gauss(99, rows * width)
    const values = gauss(seed + offset, rows * width).map((value, at) => value + distance * (noise[at] ?? 0))
    return { shape: [rows, width], values }
  }
  return {
    'model.embed_tokens.weight': random(0, 64),
    'model.layers.0.mlp.up_proj.weight': random(1, 48),
    'model.norm.weight': { shape: [width], values: new Float64Array(width).fill(1) },
  }
}

const weights = (seed: number, distance = 0, width = 32): Buffer =>
  encodeTensors(tensors(seed, distance, width))
const config = JSON.stringify({ ...fixtureConfig, hidden_size: 32, num_hidden_layers: 1 })
const otherConfig = JSON.stringify({ model_type: 'llama', hidden_size: 64, num_hidden_layers: 9 })

async function findingsOf(
  workspace: Readonly<Record<string, string | Uint8Array>>,
  more: Partial<SealedEvidence> = {},
  agent: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<Finding[]> {
  await using folder = await temporaryFolder()
  const baseModelPath = await writeCheckpoint(join(folder.path, 'base'), tensors(1), {
    'config.json': config,
  })
  const evidence = await writeEvidence(folder.path, workspace, { baseModelPath, ...more })
  await writeFiles(evidence.agentPath, agent)
  return await detectAll(otherModels, evidence)
}

const teacher = weights(50, 0, 64)
const knownWeights = new Map([[sha256(teacher), 'some/teacher']])

test('weights that the catalogue knows are found by hash, whatever they are called', async () => {
  expect(await findingsOf({ 'data/notes.txt': teacher }, { knownWeights })).toMatchObject([
    {
      kind: 'known_model',
      measure: 1,
      summary: 'The agent had weights of some/teacher.',
      evidence: [{ file: 'workspace/data/notes.txt' }],
    },
  ])
  const brought = await findingsOf({}, { knownWeights }, { 'teacher/model.safetensors': teacher })
  expect(brought).toMatchObject([
    { kind: 'known_model', evidence: [{ file: 'agent/teacher/model.safetensors' }] },
  ])
})

test('in a download cache, where the archive has no room for them, by the hash in their name', async () => {
  const hash = sha256(teacher)
  const seal = sealWithout([
    { path: `.cache/blobs/${hash}`, why: 'too_large' },
    { path: '.cache/snapshots/1/model.safetensors', why: `link to ../../blobs/${hash}` },
    { path: `.cache/blobs/${sha256('another')}`, why: 'too_large' },
  ])
  expect(await findingsOf({}, { knownWeights, seal })).toMatchObject([{ kind: 'known_model', measure: 1 }])
})

describe('nothing is found of', () => {
  const adapter = {
    'base_model.model.model.layers.0.mlp.up_proj.lora_A.weight': { shape: [8, 32], values: gauss(5, 256) },
  }
  const { 'model.norm.weight': _, ...shard } = tensors(1)
  test.for([
    ['an empty workspace', {}],
    ['a copy of the base', { 'copy/config.json': config, 'copy/model.safetensors': weights(1) }],
    ['a descendant of it', { 'out/config.json': config, 'out/model.safetensors': weights(1, 0.2) }],
    ['a descendant that a ruinous learning rate made', { 'model.safetensors': weights(1, 1.9) }],
    [
      'shards of a descendant',
      {
        'config.json': config,
        'model-00001-of-00002.safetensors': encodeTensors(shard),
      },
    ],
    [
      'an enlarged vocabulary',
      {
        'config.json': config,
        'model.safetensors': encodeTensors({
          ...tensors(1),
          'model.embed_tokens.weight': {
            shape: [70, 32],
            values: [...gauss(1, 64 * 32), ...new Float64Array(6 * 32)],
          },
        }),
      },
    ],
    ['an adapter', { 'adapter_config.json': '{}', 'adapter_model.safetensors': encodeTensors(adapter) }],
    [
      'tensors that are no model',
      { 'cache.safetensors': encodeTensors({ x: { shape: [100, 100], values: gauss(7, 10_000) } }) },
    ],
    ['data that begins like a header', { 'a.bin': safetensorsBytes('{"no') }],
    ['a script that talks about another model', { 'distil.py': "AutoModel.from_pretrained('some/teacher')" }],
  ] as [string, Record<string, string | Uint8Array>][])('%s', async ([, files]) => {
    expect(await findingsOf(files, { knownWeights })).toEqual([])
  })
})

describe('a foreign model is', () => {
  test.for([
    [
      'one of the same shape',
      { 'm/config.json': config, 'm/model.safetensors': weights(60) },
      'workspace/m/model.safetensors',
    ],
    ['weights alone, of the same shape', { 'other.bin': weights(60) }, 'workspace/other.bin'],
    [
      'one of another shape',
      { 'm/config.json': otherConfig, 'm/model.safetensors': weights(60, 0, 64) },
      'workspace/m',
    ],
  ] as const)('%s', async ([, files, name]) => {
    const findings = await findingsOf(files)
    expect(findings).toMatchObject([{ kind: 'foreign_model', measure: 1 }])
    expect(findings[0]?.summary).toContain(`${name}.`)
  })

  test('counted once however many files it has', async () => {
    const files = { 'm/config.json': config, 'm/a.safetensors': weights(60), 'm/b.safetensors': weights(70) }
    expect(await findingsOf(files)).toMatchObject([{ kind: 'foreign_model', measure: 1, evidence: [{}, {}] }])
  })

  test('told by its configuration where its weights were too large to keep', async () => {
    const seal = sealWithout([
      { path: 'teacher/model.safetensors', why: 'too_large' },
      { path: 'checkpoint-9/model.safetensors', why: 'too_large' },
      { path: 'final_model/model.safetensors', why: 'weights' },
    ])
    const files = { 'teacher/config.json': otherConfig, 'checkpoint-9/config.json': config }
    expect(await findingsOf(files, { seal })).toMatchObject([
      { kind: 'foreign_model', measure: 1, evidence: [{ file: 'workspace/teacher/config.json' }] },
      { kind: 'not_examined', measure: 1, evidence: [{ file: 'workspace/checkpoint-9/model.safetensors' }] },
    ])
  })
})

test('what cannot be compared is said', async () => {
  const integers = safetensorsBytes(
    { a: { dtype: 'I8', shape: [2, 2], data_offsets: [0, 4] } },
    Buffer.alloc(4),
  )
  const files = { 'broken.safetensors': 'no', 'int8.safetensors': integers }
  expect(await findingsOf(files)).toMatchObject([{ kind: 'not_examined', measure: 2 }])
})

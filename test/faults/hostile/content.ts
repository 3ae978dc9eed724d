import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { indexName, oneTensor, weightsName, writeIn, type Family, type HostileCase } from './case.ts'

const beside: readonly (readonly [string, string])[] = [
  ['pytorch_model.bin', 'pickle'],
  ['training_args.bin', 'pickle'],
  ['optimizer.pt', 'pickle'],
  ['model.ckpt', 'pickle'],
  ['x.pkl', 'pickle'],
  ['x.npy', 'pickle'],
  ['tf_model.h5', 'pickle'],
  ['model.gguf', 'weights'],
  ['model.onnx', 'weights'],
  ['adapter_model.safetensors', 'superseded'],
  ['adapter_config.json', 'not_needed'],
  ['pytorch_model.bin.index.json', 'not_needed'],
  ['modeling_qwen3.py', 'code'],
  ['tokenization_evil.py', 'code'],
  ['tokenizer.py', 'code'],
  ['__init__.py', 'code'],
  ['__pycache__/modeling.pyc', 'code'],
  ['a/b/c/d/evil.so', 'code'],
  ['original/consolidated.pth', 'pickle'],
  ['sub/config.json', 'not_needed'],
  ['sub/model.safetensors', 'weights'],
  ['.git/hooks/post-checkout', 'not_needed'],
  ['sitecustomize.py', 'code'],
  ['.env', 'not_needed'],
]
const remote = ['auto_map', 'trust_remote_code', 'custom_pipelines', 'code_revision']
const settings = [
  'config.json',
  'generation_config.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'processor_config.json',
  'chat_template.json',
]

export const code: Family = {
  name: 'pickles and code',
  cases: [
    ...beside.map(([name, why]): HostileCase => ({
      name: `${name} beside the weights stays behind`,
      make: ({ model }) => {
        mkdirSync(dirname(join(model, name)), { recursive: true })
        writeFileSync(join(model, name), 'x')
      },
      leftOut: { [name]: why },
    })),
    ...beside.flatMap(([name, why]): HostileCase[] =>
      why === 'pickle' || why === 'weights'
        ? [
            {
              name: `${name} instead of the weights`,
              make: ({ model }) => {
                mkdirSync(dirname(join(model, name)), { recursive: true })
                renameSync(join(model, weightsName), join(model, name))
              },
              refused: 'not_safetensors',
            },
          ]
        : [],
    ),
    ...settings.flatMap((file) =>
      remote.map((key): HostileCase => ({
        name: `${key} in ${file}`,
        make: (scene) => writeIn(scene, file, JSON.stringify({ [key]: { AutoModel: 'evil.Model' } })),
        refused: 'remote_code',
        at: file,
      })),
    ),
    ...[1, 10, 60].map((depth): HostileCase => ({
      name: `auto_map below ${depth} levels`,
      make: (scene) =>
        writeIn(scene, 'config.json', `${'{"a":['.repeat(depth / 2)}{"auto_map":1}${']}'.repeat(depth / 2)}`),
      refused: 'remote_code',
      at: 'config.json',
    })),
    {
      name: 'auto_map spelt with escapes',
      make: (scene) => writeIn(scene, 'config.json', String.raw`{"\u0061uto_map":{}}`),
      refused: 'remote_code',
      at: 'config.json',
    },
    {
      name: 'auto_map as a token of the vocabulary',
      make: (scene) => writeIn(scene, 'vocab.json', '{"auto_map":1}'),
    },
    {
      name: 'a pickle called model.safetensors',
      make: (scene) =>
        writeIn(scene, weightsName, Buffer.from('80049528000000000000008c05706f736978948c', 'hex')),
      refused: 'header_too_large',
      at: weightsName,
    },
    {
      name: 'a zip archive called model.safetensors',
      make: (scene) =>
        writeIn(scene, weightsName, Buffer.from('504b0304140000000000ffffffffffffffff0000', 'hex')),
      refused: 'header_too_large',
      at: weightsName,
    },
    {
      name: 'a chat template that reaches for Python',
      make: (scene) =>
        writeIn(scene, 'chat_template.jinja', "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    },
  ],
}

function map(entries: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ metadata: { total_size: 4 }, weight_map: entries })
}

const outside = [
  '../a.safetensors',
  '../../outside/secret.safetensors',
  '/etc/passwd',
  '/tmp/a.safetensors',
  './a.safetensors',
  'sub/a.safetensors',
  'a\\b.safetensors',
  'a\u0000.safetensors',
  'a.safetensors\n',
  '-rf.safetensors',
  '.safetensors',
  'a.bin',
  'config.json',
  indexName,
  '',
  '~/a.safetensors',
  'http://example.org/a.safetensors',
  `${'n'.repeat(300)}.safetensors`,
]
const texts: readonly (readonly [string, string | Uint8Array, string])[] = [
  ['missing shard', map({ a: 'gone.safetensors' }), 'missing_shard'],
  ['one of two shards missing', map({ a: 'a.safetensors', b: 'b.safetensors' }), 'missing_shard'],
  ['the whole file as shard of itself', map({ a: weightsName }), 'missing_shard'],
  ['a tensor that no shard has', map({ a: 'a.safetensors', b: 'a.safetensors' }), 'index_mismatch'],
  ['a tensor under another name', map({ b: 'a.safetensors' }), 'index_mismatch'],
  ['a tensor given twice', '{"weight_map":{"a":"a.safetensors","a":"b.safetensors"}}', 'duplicate_key'],
  ['no tensors', map({}), 'broken_index'],
  ['no map', '{}', 'broken_index'],
  ['a list', '[]', 'broken_index'],
  ['a map that is a list', '{"weight_map":["a.safetensors"]}', 'broken_index'],
  ['a number for a shard', map({ a: 1 }), 'broken_index'],
  ['a folder of shards', map({ a: ['a.safetensors'] }), 'broken_index'],
  ['a map in a map', map({ a: { weight_map: {} } }), 'broken_index'],
  ['not JSON', 'weight_map: a', 'broken_index'],
  ['UTF-16', Buffer.from('\ufeff{"weight_map":{}}', 'utf16le'), 'broken_index'],
  ['20 MiB', `{"weight_map":{"a":"a.safetensors"},"x":"${'x'.repeat(20 * 1024 ** 2)}"}`, 'broken_index'],
  [
    'more tensors than any model has',
    `{"weight_map":{${Array.from({ length: 60_000 }, (_, index) => `"t${index}":"a.safetensors"`).join(',')}}}`,
    'broken_index',
  ],
  ['brackets without end', `{"weight_map":${'['.repeat(8 * 1024 ** 2)}`, 'broken_index'],
]

export const indexes: Family = {
  name: 'index files',
  cases: [
    ...outside.map((shard): HostileCase => ({
      name: `a shard called ${JSON.stringify(shard.slice(0, 40))}`,
      make: (scene) => {
        rmSync(join(scene.model, weightsName))
        writeIn(scene, indexName, map({ a: shard }))
      },
      refused: 'index_outside',
      at: indexName,
    })),
    ...texts.map(([what, text, reason]): HostileCase => ({
      name: `an index with ${what}`,
      make: (scene) => {
        rmSync(join(scene.model, weightsName))
        writeIn(scene, 'a.safetensors', oneTensor('a'))
        writeIn(scene, indexName, text)
      },
      refused: reason,
      at: indexName,
    })),
    {
      name: 'an index that nobody reads, beside one file of weights',
      make: (scene) => writeIn(scene, indexName, map({ a: '../../outside/secret' })),
      leftOut: { [indexName]: 'superseded' },
    },
    {
      name: 'shards that hold hundreds of thousands of tensors that no index names',
      make: (scene) => {
        rmSync(join(scene.model, weightsName))
        const entries = Array.from(
          { length: 49_999 },
          (_, index) => `"${index}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`,
        )
        for (let shard = 0; shard < 8; shard++) {
          const header = Buffer.from(
            `{"s${shard}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},${entries.join(',')}}`,
          )
          const length = Buffer.alloc(8)
          length.writeBigUInt64LE(BigInt(header.length))
          writeIn(scene, `${shard}.safetensors`, Buffer.concat([length, header]))
        }
        writeIn(
          scene,
          indexName,
          map(
            Object.fromEntries(
              Array.from({ length: 8 }, (_, shard) => [`s${shard}`, `${shard}.safetensors`]),
            ),
          ),
        )
      },
      refused: 'index_mismatch',
      at: indexName,
    },
  ],
}

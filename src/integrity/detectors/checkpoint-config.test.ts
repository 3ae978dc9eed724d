import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/checkpoint.ts'
import { detectAll, writeEvidence, writeFiles } from '../../../test/fixtures/sealed-evidence.ts'
import type { Finding } from '../../domain/finding.ts'
import { checkpointConfig } from './checkpoint-config.ts'

/** As Transformers 4 writes it. */
const config = {
  architectures: ['Qwen3ForCausalLM'],
  attention_bias: false,
  bos_token_id: 1,
  eos_token_id: 2,
  head_dim: 128,
  hidden_act: 'silu',
  hidden_size: 2048,
  initializer_range: 0.02,
  intermediate_size: 6144,
  max_position_embeddings: 32_768,
  model_type: 'qwen3',
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1_000_000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.51.0',
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151_936,
}
const tokenizer = {
  version: '1.0',
  added_tokens: [{ id: 4, content: '<|end|>', special: true, lstrip: false }],
  normalizer: { type: 'NFC' },
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
  model: { type: 'BPE', dropout: null, vocab: { a: 0, b: 1, ab: 2, ba: 3 }, merges: ['a b', 'b a'] },
}
const generation = { eos_token_id: 2, do_sample: false, temperature: 0.7 }
const baseFiles = {
  'config.json': json(config),
  'tokenizer.json': json(tokenizer),
  'generation_config.json': json(generation),
  'chat_template.jinja': 'T',
}

function json(value: unknown): string {
  return JSON.stringify(value)
}

async function findingsOf(
  own: Readonly<Record<string, string>>,
  base: Readonly<Record<string, string>> = baseFiles,
): Promise<Finding[]> {
  await using folder = await temporaryFolder()
  const modelPath = await writeFiles(join(folder.path, 'final_model'), own)
  const baseModelPath = await writeFiles(join(folder.path, 'base'), base)
  return await detectAll(checkpointConfig, await writeEvidence(folder.path, {}, { modelPath, baseModelPath }))
}

const withConfig = (change: object): Record<string, string> => ({
  ...baseFiles,
  'config.json': json({ ...config, ...change }),
})

describe('nothing is found', () => {
  const { rope_theta: _, rope_scaling: __, tie_word_embeddings: ___, torch_dtype: ____, ...rest } = config
  const resaved = {
    ...rest,
    attention_dropout: 0,
    dtype: 'float32',
    layer_types: ['full_attention'],
    rope_parameters: { rope_theta: 1e6, rope_type: 'default' },
    transformers_version: '5.18.0',
    use_cache: false,
    eos_token_id: [2, 3],
    pad_token_id: 2,
    vocab_size: 151_940,
    _name_or_path: '/somewhere',
  }
  const merges = [
    ['a', 'b'],
    ['b', 'a'],
  ]
  const reformatted = { ...tokenizer, padding: null, model: { ...tokenizer.model, fuse_unk: false, merges } }
  test.for([
    ['without a change', baseFiles],
    ['in a folder with a configuration alone', { 'config.json': json(config) }],
    ['after saving with a newer library', { ...baseFiles, 'config.json': json(resaved) }],
    [
      'in a tokenizer of another format',
      { ...baseFiles, 'tokenizer.json': JSON.stringify(reformatted, null, 2) },
    ],
    [
      'in the template in another place',
      { 'config.json': json(config), 'tokenizer_config.json': '{"chat_template":"T"}' },
    ],
    [
      'in ordinary settings of generation',
      {
        ...baseFiles,
        'generation_config.json': json({
          eos_token_id: [2, 3],
          do_sample: true,
          temperature: 0.6,
          top_p: 0.95,
          top_k: 20,
          max_new_tokens: 2048,
        }),
      },
    ],
    [
      'in an end token that a trainer set',
      { ...baseFiles, 'tokenizer_config.json': '{"eos_token":"<|im_end|>","pad_token":"<|im_end|>"}' },
    ],
  ] as [string, Record<string, string>][])('%s', async ([, files]) => {
    expect(await findingsOf(files)).toEqual([])
  })

  test('without a submission', async () => {
    await using folder = await temporaryFolder()
    expect(await detectAll(checkpointConfig, await writeEvidence(folder.path, {}))).toEqual([])
  })
})

test('another type of model is a relabelling', async () => {
  const files = withConfig({ model_type: 'llama', architectures: ['LlamaForCausalLM'] })
  expect(await findingsOf(files)).toMatchObject([
    {
      kind: 'relabelled',
      evidence: [{ excerpt: 'model_type: "llama", architectures: ["LlamaForCausalLM"]' }],
    },
  ])
})

test('another class of the same type is told', async () => {
  const files = withConfig({ architectures: ['Qwen3ForSequenceClassification'] })
  expect(await findingsOf(files)).toMatchObject([{ kind: 'architectures_changed' }])
})

test('the language model of one that also sees is no relabelling', async () => {
  const local = { rope_local_base_freq: 10_000, rope_scaling: { factor: 8, rope_type: 'linear' } }
  const text = { ...config, ...local, model_type: 'gemma3_text' }
  const seeing = {
    model_type: 'gemma3',
    architectures: ['Gemma3ForConditionalGeneration'],
    text_config: text,
  }
  const { rope_theta: _, rope_scaling: __, rope_local_base_freq: ___, ...rest } = text
  const layers = {
    full_attention: { factor: 8, rope_type: 'linear', rope_theta: 1e6 },
    sliding_attention: { rope_type: 'default', rope_theta: 10_000 },
  }
  const own = { ...rest, architectures: ['Gemma3ForCausalLM'], rope_parameters: layers }
  const base = { ...baseFiles, 'config.json': json(seeing) }
  const findings = await findingsOf({ ...baseFiles, 'config.json': json(own) }, base)
  expect(findings.map(({ kind }) => kind)).toEqual(['architectures_changed'])
})

test.for([
  ['the activation', { hidden_act: 'gelu' }, 'hidden_act: "gelu", in the base "silu"'],
  ['the base of the rotation', { rope_theta: 10_000 }, 'rope: '],
  ['the scaling of the rotation', { rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'yarn'],
  ['epsilon', { rms_norm_eps: 1e-2 }, 'rms_norm_eps: 0.01, in the base 0.000001'],
  ['fewer layers', { num_hidden_layers: 27 }, 'num_hidden_layers: 27'],
  ['heads', { num_key_value_heads: 16 }, 'num_key_value_heads: 16'],
  ['a window', { sliding_window: 64, use_sliding_window: true }, 'sliding_window: 64, in the base null'],
  ['untied embeddings', { tie_word_embeddings: false }, 'in the base true'],
  ['a setting that is gone', { rms_norm_eps: undefined }, 'rms_norm_eps: nothing, in the base 0.000001'],
] as const)('%s changes what the network computes', async ([, change, excerpt]) => {
  const findings = await findingsOf(withConfig(change))
  expect(findings).toMatchObject([{ kind: 'config_changed', measure: 1 }])
  expect(findings[0]?.evidence[0]?.excerpt).toContain(excerpt)
})

test.for([
  ['nothing, the same', { 'chat_template.jinja': 'T' }, []],
  ['nothing, none', {}, []],
  ['a blank more', { 'chat_template.jinja': 'T\n' }, [1]],
  ['a table of answers', { 'chat_template.jinja': 'T'.repeat(33_001) }, [33_000]],
  [
    'one that hides behind the right one',
    { 'tokenizer_config.json': '{"chat_template":"T"}', 'chat_template.jinja': 'EVIL' },
    [3],
  ],
] as const)('compares the chat template: %s', async ([, files, measures]) => {
  const findings = await findingsOf({ 'config.json': json(config), ...files })
  expect(findings.map(({ kind, measure }) => [kind, measure])).toEqual(
    measures.map((measure) => ['template_changed', measure]),
  )
})

test.for([
  [
    'a new token',
    { model: { ...tokenizer.model, vocab: { ...tokenizer.model.vocab, c: 5 } } },
    'vocabulary (1)',
    1,
  ],
  [
    'two tokens swapped',
    { model: { ...tokenizer.model, vocab: { a: 1, b: 0, ab: 2, ba: 3 } } },
    'vocabulary (2)',
    2,
  ],
  ['a merge less', { model: { ...tokenizer.model, merges: ['a b'] } }, 'merges (1)', 1],
  [
    'a special token',
    { added_tokens: [...tokenizer.added_tokens, { id: 5, content: '<|im_end|>', special: true }] },
    'added tokens (1)',
    1,
  ],
  ['a flag of one', { added_tokens: [{ id: 4, content: '<|end|>', special: false }] }, 'added tokens (1)', 1],
  ['a normalizer that swaps digits', { normalizer: { type: 'Replace', content: '1' } }, 'steps (1)', 1],
] as const)('%s is a change of the tokenizer', async ([, change, text, measure]) => {
  const findings = await findingsOf({ ...baseFiles, 'tokenizer.json': json({ ...tokenizer, ...change }) })
  expect(findings).toMatchObject([{ kind: 'tokenizer_changed', measure }])
  expect(findings[0]?.summary).toContain(text)
})

test('tokenizers in older files are compared, too', async () => {
  const base = {
    'config.json': json(config),
    'vocab.json': '{"a":0,"b":1}',
    'merges.txt': '#version: 0.2\na b\n',
  }
  const formatted = { ...base, 'vocab.json': '{ "b": 1, "a": 0 }', 'merges.txt': 'a b\r\n' }
  expect(await findingsOf(formatted, base)).toEqual([])
  expect(await findingsOf({ ...base, 'merges.txt': 'b a\n' }, base)).toMatchObject([
    { kind: 'tokenizer_changed' },
  ])
  const other = { 'config.json': json(config), 'tokenizer.model': 'sentencepiece' }
  expect(await findingsOf(other, base)).toMatchObject([
    { kind: 'tokenizer_changed', evidence: [{ file: 'final_model/tokenizer.model' }] },
  ])
})

test('absurd or steering settings of generation are told', async () => {
  const settings = { ...generation, temperature: 50, num_beams: 64, forced_bos_token_id: 7, top_p: 0.9 }
  expect(await findingsOf({ ...baseFiles, 'generation_config.json': json(settings) })).toMatchObject([
    {
      kind: 'generation_config_changed',
      measure: 3,
      summary: 'generation_config.json differs from the base in temperature, num_beams, forced_bos_token_id.',
    },
  ])
})

test.for([
  ['tokenizer.json', '{"model":{"vocab":{"a":0,"a":1}}}', 'tokenizer_changed'],
  ['tokenizer.json', '{"model":{"vocab":{"a":1e999}}}', 'tokenizer_changed'],
  ['tokenizer.json', '[]', 'tokenizer_changed'],
  ['tokenizer.json', '{"model":7,"added_tokens":[1,null],"normalizer":[[[]]]}', 'tokenizer_changed'],
  ['generation_config.json', 'null', 'generation_config_changed'],
  ['generation_config.json', '{"temperature":{"a":[]}}', 'generation_config_changed'],
  ['config.json', `${'['.repeat(100)}${']'.repeat(100)}`, 'relabelled'],
  [
    'config.json',
    '{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"rope_theta":{"__proto__":1},"text_config":[]}',
    'config_changed',
  ],
] as const)('a hostile %s (%s) is a change and no accident', async ([name, content, kind]) => {
  const findings = await findingsOf({ ...baseFiles, [name]: content })
  expect(findings.map(({ kind }) => kind)).toContain(kind)
})

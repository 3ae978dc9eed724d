import type { LeftOutReason } from '../../domain/seal.ts'

export const singleWeights = 'model.safetensors'
export const shardIndex = 'model.safetensors.index.json'

/** What a checkpoint consists of beside its weights. `docs` are taken over when they can be and never missed. */
const checkpointFiles: ReadonlyMap<string, 'json' | 'data' | 'text' | 'doc'> = new Map([
  ['config.json', 'json'],
  ['generation_config.json', 'json'],
  ['tokenizer.json', 'json'],
  ['tokenizer_config.json', 'json'],
  ['special_tokens_map.json', 'json'],
  ['added_tokens.json', 'json'],
  ['chat_template.json', 'json'],
  ['preprocessor_config.json', 'json'],
  ['processor_config.json', 'json'],
  ['video_preprocessor_config.json', 'json'],
  ['vocab.json', 'json'],
  [shardIndex, 'json'],
  ['chat_template.jinja', 'text'],
  ['merges.txt', 'text'],
  ['vocab.txt', 'text'],
  ['tokenizer.model', 'data'],
  ['spiece.model', 'data'],
  ['sentencepiece.bpe.model', 'data'],
  ['README.md', 'doc'],
  ['LICENSE', 'doc'],
  ['LICENSE.txt', 'doc'],
  ['LICENSE.md', 'doc'],
  ['NOTICE', 'doc'],
])

export function checkpointFileKind(name: string): 'json' | 'data' | 'text' | 'doc' | undefined {
  return checkpointFiles.get(name)
}

/** Keys of these files are tokens, not settings. */
export function isVocabulary(name: string): boolean {
  return ['vocab.json', 'tokenizer.json', 'added_tokens.json', shardIndex].includes(name)
}

/** Formats that are, or may hold, Python pickles. */
const pickles = /\.(bin|pt|pth|ckpt|pkl|pickle|joblib|npy|npz|h5|keras|mar|nemo|distcp)$/i
const otherWeights = /\.(safetensors|gguf|ggml|onnx|msgpack|tflite|mlmodel|pb|nc|awq|exl2)$/i
const code = /\.(py|pyc|pyd|pyx|so|dll|dylib|sh|js|mjs|ipynb|exe|jar|wasm|lua|rb|pl)$/i

/** Why a file of final_model that is no part of a checkpoint stays behind. */
export function reasonToLeaveOut(name: string): LeftOutReason {
  if (pickles.test(name)) return 'pickle'
  if (otherWeights.test(name)) return 'weights'
  if (code.test(name)) return 'code'
  return 'not_needed'
}

/** Names that training data, code and notes have; these are archived first and up to a larger size. */
export function maySayMuch(name: string): boolean {
  return /\.(jsonl?|ndjson|csv|tsv|txt|md|ya?ml|py|ipynb|sh|log|parquet|arrow|feather|gz|zst|jinja|toml)$/i.test(
    name,
  )
}

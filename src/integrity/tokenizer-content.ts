import { canonicalJson } from '../lib/canonical-json.ts'
import { isJsonObject } from '../lib/strict-json.ts'
import { readCheckpointBytes, readCheckpointJson } from './checkpoint-json.ts'

export interface TokenizerChange {
  readonly file: string
  readonly what: string
  /** Tokens, merges or steps that differ. */
  readonly count: number
  /** Some of them. */
  readonly examples: readonly string[]
}

/** Steps from text to tokens and back around the vocabulary. */
const steps = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']
const tokenFlags = ['content', 'special', 'normalized', 'lstrip', 'rstrip', 'single_word']
const maxExamples = 5

/**
 * How a tokenizer's content differs from the base's, whatever the formatting. Which token ends or fills a text is no
 * part of it: trainers set those as a matter of course. Empty where the submission has no tokenizer of its own.
 */
export async function compareTokenizers(own: string, base: string): Promise<TokenizerChange[]> {
  const mine = await readCheckpointBytes(own, preferred)
  const theirs = await readCheckpointBytes(base, preferred)
  if (mine === null || theirs === null) return await compareOlderFiles(own, base)
  if (mine.equals(theirs)) return []
  const a = (await readCheckpointJson(own, preferred)) ?? {}
  const b = (await readCheckpointJson(base, preferred)) ?? {}
  const parts = [
    ['vocabulary', vocabularyOf(a), vocabularyOf(b)],
    ['merges', mergesOf(a), mergesOf(b)],
    ['added tokens', addedTokensOf(a), addedTokensOf(b)],
    ['steps', stepsOf(a), stepsOf(b)],
  ] as const
  return parts.flatMap(([what, ours, others]) => {
    const differing = differences(ours, others)
    const examples = differing.slice(0, maxExamples)
    return differing.length === 0 ? [] : [{ file: preferred, what, count: differing.length, examples }]
  })
}

/** What loaders read before anything else. */
const preferred = 'tokenizer.json'
const olderFiles = [
  'tokenizer.model',
  'spiece.model',
  'sentencepiece.bpe.model',
  'merges.txt',
  'vocab.txt',
  'vocab.json',
]

async function compareOlderFiles(own: string, base: string): Promise<TokenizerChange[]> {
  const changes: TokenizerChange[] = []
  const present: string[] = []
  let compared = 0
  for (const file of [preferred, ...olderFiles]) {
    const [a, b] = [await readComparable(own, file), await readComparable(base, file)]
    if (a !== null) present.push(file)
    if (a === null || b === null) continue
    compared++
    if (a !== b) changes.push({ file, what: 'content', count: 1, examples: [] })
  }
  const [file] = present
  if (file !== undefined && compared === 0)
    changes.push({ file, what: 'another kind of tokenizer', count: 1, examples: [] })
  return changes
}

/** JSON by its content; texts without the line ends and the version line that libraries change. */
async function readComparable(folder: string, name: string): Promise<string | null> {
  if (name.endsWith('.json')) {
    const value = await readCheckpointJson(folder, name)
    return value === null ? null : canonicalJson(value)
  }
  const bytes = await readCheckpointBytes(folder, name)
  if (bytes === null || !name.endsWith('.txt')) return bytes?.toString('latin1') ?? null
  return bytes
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#version'))
    .join('\n')
}

type Entries = ReadonlyMap<string, string>

/** Names on one side only, or with another value. */
function differences(a: Entries, b: Entries): string[] {
  return [
    ...[...a].filter(([name, value]) => b.get(name) !== value).map(([name]) => name),
    ...[...b.keys()].filter((name) => !a.has(name)),
  ]
}

/** Token → id. Unigram models list tokens with their scores. */
function vocabularyOf(tokenizer: Readonly<Record<string, unknown>>): Entries {
  const { vocab } = modelOf(tokenizer)
  if (Array.isArray(vocab)) return new Map(vocab.map((token, id) => [canonicalJson(token), String(id)]))
  return isJsonObject(vocab)
    ? new Map(Object.entries(vocab).map(([token, id]) => [token, canonicalJson(id)]))
    : new Map()
}

/** `"a b"` in older files, `["a", "b"]` in newer ones; their order is their rank. */
function mergesOf(tokenizer: Readonly<Record<string, unknown>>): Entries {
  const { merges } = modelOf(tokenizer)
  if (!Array.isArray(merges)) return new Map()
  return new Map(
    merges.map((merge: unknown, rank) => [
      typeof merge === 'string' ? merge : Array.isArray(merge) ? merge.join(' ') : canonicalJson(merge),
      String(rank),
    ]),
  )
}

function addedTokensOf({ added_tokens: tokens }: Readonly<Record<string, unknown>>): Entries {
  if (!Array.isArray(tokens)) return new Map()
  return new Map(
    tokens
      .filter(isJsonObject)
      .map((token) => [
        String(token['content']),
        canonicalJson([token['id'] ?? null, ...tokenFlags.map((flag) => token[flag] ?? false)]),
      ]),
  )
}

function stepsOf(tokenizer: Readonly<Record<string, unknown>>): Entries {
  const { vocab: _, merges: __, ...model } = modelOf(tokenizer)
  const all: [string, unknown][] = steps.map((step) => [step, tokenizer[step] ?? null])
  const unreadable = tokenizer['(unreadable)']
  if (unreadable !== undefined) all.push(['(unreadable)', unreadable])
  return new Map(
    [...all, ['model', model] as const].map(([step, value]) => [step, canonicalJson(withoutDefaults(value))]),
  )
}

/** Libraries of different age write out or leave out what is off. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) =>
      field === null || field === false ? [] : [[key, withoutDefaults(field)]],
    ),
  )
}

function modelOf({ model }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isJsonObject(model) ? model : {}
}

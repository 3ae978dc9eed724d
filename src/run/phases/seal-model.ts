import { constants, renameSync } from 'node:fs'
import { chmod, lstat, mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeftOutReason, SealedFile, SealedTensor, SealRecord } from '../../domain/seal.ts'
import { hashFile, sha256 } from '../../lib/hash.ts'
import { hashTensors } from '../../lib/hash-tensors.ts'
import { readCheckpointTensors, readIndex, SafetensorsError } from '../../lib/safetensors.ts'
import { isJsonObject, parseStrictJson, StrictJsonError } from '../../lib/strict-json.ts'
import { takeOverFile } from '../../lib/take-over-file.ts'
import { ChangedFileError, isDenied, type Tree, type TreeEntry } from '../../lib/untrusted-tree.ts'
import type { SealLimits } from './seal-limits.ts'
import {
  checkpointFileKind,
  isVocabulary,
  reasonToLeaveOut,
  shardIndex,
  singleWeights,
} from './seal-names.ts'

export type SealedModel = Pick<SealRecord, 'refused' | 'files' | 'tensors' | 'leftOut' | 'modelHash'>

export interface SealModelOptions {
  readonly tree: Tree
  /** Whether all names of a file with several hard links are known to lie within the workspace. */
  readonly ownsAllLinks: (entry: TreeEntry) => boolean
  readonly partialPath: string
  readonly limits: SealLimits['model']
  readonly clone: { supported: boolean }
}

/** Why a submission is no valid checkpoint; `what` becomes the reason `no_model/<what>`. */
class Refusal extends Error {
  readonly what: string
  readonly path: string | undefined

  constructor(what: string, detail: string, path?: string) {
    super(detail)
    this.name = 'Refusal'
    this.what = what
    this.path = path
  }
}

/** Builds a checked copy of the submission in `partialPath`. Throws nothing that the agent can cause. */
export async function sealModel(options: SealModelOptions): Promise<SealedModel> {
  const leftOut: SealedModel['leftOut'] = []
  try {
    const sealed = await takeOver(options, leftOut)
    return { refused: null, ...sealed, leftOut }
  } catch (error) {
    const refusal = asRefusal(error)
    if (refusal === null) throw error
    const { what, message, path } = refusal
    return {
      refused: { reason: `no_model/${what}`, detail: message, ...(path === undefined ? {} : { path }) },
      files: [],
      tensors: [],
      leftOut,
      modelHash: null,
    }
  }
}

function asRefusal(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error
  if (error instanceof SafetensorsError)
    return new Refusal(error.code, error.message, error.path.split('/').at(-1))
  if (error instanceof ChangedFileError)
    return new Refusal('changed_while_sealing', error.message, error.path)
  return null
}

async function takeOver(
  options: SealModelOptions,
  leftOut: SealedModel['leftOut'],
): Promise<Pick<SealedModel, 'files' | 'tensors' | 'modelHash'>> {
  const { tree, limits, partialPath } = options
  const wanted = selectFiles(options, leftOut)
  if (tree.unlisted.includes('') && tree.entries.length === 0)
    throw new Refusal('unreadable', 'final_model cannot be listed')
  if (tree.unlisted.length > 0)
    throw new Refusal(
      'too_many_files',
      `more than ${limits.entries} names, or deeper than ${limits.depth} folders`,
    )
  if (!wanted.has('config.json')) throw new Refusal('no_config', 'final_model has no config.json')
  await mkdir(partialPath, { mode: 0o755 }) // the engine reads it as another user
  const hashes = new Map<string, string | null>()
  for (const [name, entry] of wanted) {
    if (!name.endsWith('.safetensors')) hashes.set(name, await copy(entry, options, leftOut))
  }
  for (const [name, entry] of await selectWeights(wanted, options, leftOut))
    hashes.set(name, await copy(entry, options, leftOut))
  for (const name of hashes.keys()) if (name.endsWith('.json')) await checkJson(partialPath, name)
  return hashAll(partialPath, hashes)
}

/** The names that a checkpoint is made of. Everything else is left out with a reason. */
function selectFiles(options: SealModelOptions, leftOut: SealedModel['leftOut']): Map<string, TreeEntry> {
  const wanted = new Map<string, TreeEntry>()
  const single = options.tree.entries.some((entry) => entry.path === singleWeights && entry.kind !== 'folder')
  let total = 0
  for (const entry of options.tree.entries) {
    const name = entry.path
    const needed = checkpointFileKind(name) ?? (/^[\w.-]+\.safetensors$/.test(name) ? 'weights' : undefined)
    if (needed === undefined) {
      if (entry.kind !== 'folder')
        leave(leftOut, entry, entry.kind === 'file' ? reasonToLeaveOut(name) : entry.kind)
      continue
    }
    if (single && name !== singleWeights && (needed === 'weights' || name === shardIndex)) {
      leave(leftOut, entry, 'superseded')
      continue
    }
    const trouble = whatIsWrong(entry, options)
    if (trouble !== null && (needed === 'doc' || needed === 'weights') && name !== singleWeights) {
      // A missing shard is found when the index is read.
      leave(leftOut, entry, trouble.why)
      continue
    }
    if (trouble !== null) throw new Refusal(trouble.what, `${name} ${trouble.detail}`, name)
    const cap = needed === 'weights' ? options.limits.bytes : options.limits.textBytes
    if (needed === 'doc' && entry.bytes > cap) {
      leave(leftOut, entry, 'too_large')
      continue
    }
    total += entry.bytes
    if (entry.bytes > cap || total > options.limits.bytes) {
      leave(leftOut, entry, 'too_large')
      throw new Refusal('too_large', `${name} has ${entry.bytes} bytes; at most ${cap}`, name)
    }
    wanted.set(name, entry)
  }
  return wanted
}

function whatIsWrong(
  entry: TreeEntry,
  options: SealModelOptions,
): { what: string; why: LeftOutReason; detail: string } | null {
  switch (entry.kind) {
    case 'link':
      return { what: 'link', why: 'link', detail: 'is a symbolic link; submit the file itself' }
    case 'folder':
      return { what: 'special_file', why: 'folder', detail: 'is a folder' }
    case 'special':
      return { what: 'special_file', why: 'special', detail: 'is a pipe, socket or device' }
    case 'unreadable':
      return { what: 'unreadable', why: 'unreadable', detail: 'cannot be read' }
    case 'file':
      if (entry.links === 1 || options.ownsAllLinks(entry)) return null
      return { what: 'hard_link', why: 'hard_link', detail: 'is a hard link to a file outside the workspace' }
  }
}

async function selectWeights(
  wanted: ReadonlyMap<string, TreeEntry>,
  options: SealModelOptions,
  leftOut: SealedModel['leftOut'],
): Promise<ReadonlyMap<string, TreeEntry>> {
  const single = wanted.get(singleWeights)
  if (single !== undefined) return new Map([[singleWeights, single]])
  const shards = wanted.has(shardIndex)
    ? new Set((await readIndex(join(options.partialPath, shardIndex))).values())
    : new Set<string>()
  const weights = new Map<string, TreeEntry>()
  for (const [name, entry] of wanted) {
    if (shards.has(name)) weights.set(name, entry)
    else if (name.endsWith('.safetensors')) leave(leftOut, entry, 'superseded')
  }
  const missing = [...shards].find((shard) => !weights.has(shard))
  if (missing !== undefined) {
    const entry = options.tree.entries.find(({ path }) => path === missing)
    const trouble = entry === undefined ? null : whatIsWrong(entry, options)
    if (trouble !== null) throw new Refusal(trouble.what, `${missing} ${trouble.detail}`, missing)
    throw new Refusal('missing_shard', `the index names ${missing}, which is not there`, shardIndex)
  }
  if (weights.size > 0) return weights
  const pickle = leftOut.find(({ why }) => why === 'pickle' || why === 'weights')
  if (pickle !== undefined)
    throw new Refusal('not_safetensors', `the only weights are in ${pickle.path}; save them as safetensors`)
  throw new Refusal('no_weights', 'final_model has no model.safetensors and no index of shards')
}

async function copy(
  entry: TreeEntry,
  options: SealModelOptions,
  leftOut: SealedModel['leftOut'],
): Promise<string | null> {
  try {
    return await takeOverFile(entry, join(options.partialPath, entry.path), {
      clone: options.clone,
      sync: true,
    })
  } catch (error) {
    if (!isDenied(error)) throw error
    leave(leftOut, entry, 'unreadable')
    throw new Refusal('unreadable', `${entry.path} cannot be read`, entry.path)
  }
}

const remoteCodeKeys = new Set(['auto_map', 'trust_remote_code', 'custom_pipelines', 'code_revision'])

async function checkJson(folder: string, name: string): Promise<void> {
  let value: unknown
  try {
    value = parseStrictJson(await readFile(join(folder, name)))
  } catch (error) {
    if (error instanceof StrictJsonError)
      throw new Refusal('unreadable_json', `${name}: ${error.message}`, name)
    throw error
  }
  if (!isJsonObject(value)) throw new Refusal('unreadable_json', `${name} is not a JSON object`, name)
  const key = isVocabulary(name) ? undefined : findKey(value, remoteCodeKeys)
  if (key !== undefined)
    throw new Refusal(
      'remote_code',
      `${name} has ${key}, which makes loaders run code of the submission`,
      name,
    )
}

/** The parser bounds the depth. */
function findKey(value: unknown, keys: ReadonlySet<string>): string | undefined {
  if (Array.isArray(value)) {
    for (const item of value) {
      const key = findKey(item, keys)
      if (key !== undefined) return key
    }
  } else if (isJsonObject(value)) {
    for (const [name, field] of Object.entries(value)) {
      if (keys.has(name)) return name
      const key = findKey(field, keys)
      if (key !== undefined) return key
    }
  }
  return undefined
}

/** Reads the copies once more: what was hashed is what lies on the disk. */
async function hashAll(
  folder: string,
  copied: ReadonlyMap<string, string | null>,
): Promise<Pick<SealedModel, 'files' | 'tensors' | 'modelHash'>> {
  const checkpoint = await readCheckpointTensors(folder)
  const files: SealedFile[] = []
  const tensors: SealedTensor[] = []
  for (const name of [...copied.keys()].sort()) {
    const path = join(folder, name)
    const weights = checkpoint.files.find((file) => file.path === path)
    const hashes = weights === undefined ? null : await hashTensors(weights)
    const hash = hashes?.sha256 ?? (await hashFile(path))
    const expected = copied.get(name)
    if (expected !== null && expected !== hash)
      throw new Error(`${path} does not hold what was written to it`)
    files.push({ path: name, bytes: (await lstat(path)).size, sha256: hash })
    for (const tensor of weights?.tensors ?? [])
      tensors.push({
        name: tensor.name,
        file: name,
        dtype: tensor.dtype,
        shape: [...tensor.shape],
        sha256: hashes?.tensors.get(tensor.name) ?? '',
      })
    await chmod(path, 0o444)
  }
  return { files, tensors, modelHash: sha256(files.map((file) => `${file.sha256}  ${file.path}\n`).join('')) }
}

/** Makes the copy visible under its name, complete and read-only. */
export async function publishFolder(partialPath: string, path: string, fence: () => void): Promise<void> {
  const folder = await open(partialPath, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
  fence()
  renameSync(partialPath, path)
}

function leave(leftOut: SealedModel['leftOut'], entry: TreeEntry, why: LeftOutReason): void {
  leftOut.push({ path: entry.path, why, bytes: entry.kind === 'file' ? entry.bytes : 0 })
}

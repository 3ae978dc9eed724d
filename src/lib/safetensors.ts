import { open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, parseStrictJson, StrictJsonError } from './strict-json.ts'

/** Bytes per element. Types packed below a byte are not taken. */
export const dtypeBytes: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['I16', 2],
  ['U16', 2],
  ['F16', 2],
  ['BF16', 2],
  ['I32', 4],
  ['U32', 4],
  ['F32', 4],
  ['I64', 8],
  ['U64', 8],
  ['F64', 8],
])

export interface Tensor {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** The file that holds it. */
  readonly path: string
  /** Absolute byte range in that file; `end` is exclusive. */
  readonly start: number
  readonly end: number
}

export interface SafetensorsFile {
  readonly path: string
  readonly bytes: number
  readonly metadata: ReadonlyMap<string, string>
  /** In the order of their bytes. */
  readonly tensors: readonly Tensor[]
}

export type SafetensorsErrorCode =
  | 'broken_header'
  | 'header_too_large'
  | 'duplicate_key'
  | 'bad_metadata'
  | 'unknown_dtype'
  | 'bad_shape'
  | 'bad_offsets'
  | 'no_tensors'
  | 'broken_index'
  | 'index_outside'
  | 'missing_shard'
  | 'index_mismatch'
  | 'no_weights'

export class SafetensorsError extends Error {
  readonly code: SafetensorsErrorCode
  readonly path: string

  constructor(code: SafetensorsErrorCode, path: string, message: string) {
    super(message)
    this.name = 'SafetensorsError'
    this.code = code
    this.path = path
  }
}

const maxHeaderBytes = 16 * 1024 * 1024
const maxIndexBytes = 16 * 1024 * 1024
const maxRank = 16
const maxNameLength = 256
const maxTensors = 50_000

/**
 * Reads and checks the header of a safetensors file: 8 bytes of little-endian length, a JSON object of that length,
 * then the tensors' bytes without gap or overlap up to the end of the file
 * (https://huggingface.co/docs/safetensors, "Format"). Throws `SafetensorsError`.
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsFile> {
  const file = await open(path, 'r')
  try {
    const info = await file.stat()
    if (!info.isFile()) throw new SafetensorsError('broken_header', path, 'not a regular file')
    const length = await readHeaderLength(path, info.size, (buffer) => file.read(buffer, 0, buffer.length, 0))
    const header = Buffer.alloc(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await file.read(header, filled, length - filled, 8 + filled)
      if (bytesRead === 0)
        throw new SafetensorsError('broken_header', path, 'the file ends within its header')
      filled += bytesRead
    }
    return parseHeader(path, header, info.size)
  } finally {
    await file.close()
  }
}

async function readHeaderLength(
  path: string,
  size: number,
  read: (buffer: Buffer) => Promise<{ bytesRead: number }>,
): Promise<number> {
  const prefix = Buffer.alloc(8)
  if (size < 10 || (await read(prefix)).bytesRead !== 8)
    throw new SafetensorsError('broken_header', path, `${size} bytes cannot hold a header`)
  const length = prefix.readBigUInt64LE(0)
  if (length > BigInt(maxHeaderBytes))
    throw new SafetensorsError(
      'header_too_large',
      path,
      `a header of ${length} bytes; at most ${maxHeaderBytes}`,
    )
  if (length < 2n || Number(length) > size - 8)
    throw new SafetensorsError('broken_header', path, `a header of ${length} bytes in a file of ${size}`)
  return Number(length)
}

function parseHeader(path: string, header: Uint8Array, fileBytes: number): SafetensorsFile {
  if (header[0] !== 0x7b)
    throw new SafetensorsError('broken_header', path, 'the header does not start with "{"')
  const entries = readJsonObject(path, header, 'broken_header')
  const dataStart = 8 + header.length
  const tensors: Tensor[] = []
  let metadata: ReadonlyMap<string, string> = new Map()
  for (const [name, entry] of Object.entries(entries)) {
    if (name === '__metadata__') metadata = parseMetadata(path, entry)
    else tensors.push(parseTensor(path, name, entry, dataStart))
  }
  if (tensors.length > maxTensors)
    throw new SafetensorsError('broken_header', path, `${tensors.length} tensors; at most ${maxTensors}`)
  tensors.sort((a, b) => a.start - b.start || a.end - b.end)
  let expected = dataStart
  for (const tensor of tensors) {
    if (tensor.start !== expected)
      throw new SafetensorsError(
        'bad_offsets',
        path,
        `${shorten(tensor.name)} starts at byte ${tensor.start} of the file instead of ${expected}`,
      )
    expected = tensor.end
  }
  if (expected !== fileBytes)
    throw new SafetensorsError(
      'bad_offsets',
      path,
      `tensors end at byte ${expected}, the file at ${fileBytes}`,
    )
  return { path, bytes: fileBytes, metadata, tensors }
}

function readJsonObject(
  path: string,
  bytes: Uint8Array,
  broken: 'broken_header' | 'broken_index',
): Record<string, unknown> {
  try {
    const value = parseStrictJson(bytes, 8)
    if (isJsonObject(value)) return value
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    throw new SafetensorsError(error.code === 'duplicate_key' ? 'duplicate_key' : broken, path, error.message)
  }
  throw new SafetensorsError(broken, path, 'not a JSON object')
}

function parseMetadata(path: string, entry: unknown): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>()
  if (!isJsonObject(entry)) throw new SafetensorsError('bad_metadata', path, '__metadata__ is not an object')
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== 'string')
      throw new SafetensorsError('bad_metadata', path, `__metadata__.${shorten(key)} is not a string`)
    metadata.set(key, value)
  }
  return metadata
}

function parseTensor(path: string, name: string, entry: unknown, dataStart: number): Tensor {
  const label = shorten(name)
  if (name.length > maxNameLength)
    throw new SafetensorsError('broken_header', path, `a tensor has a name of ${name.length} characters`)
  if (
    !isJsonObject(entry) ||
    Object.keys(entry).some((key) => !['dtype', 'shape', 'data_offsets'].includes(key))
  )
    throw new SafetensorsError(
      'broken_header',
      path,
      `${label} has not exactly dtype, shape and data_offsets`,
    )
  const { dtype, shape, data_offsets: offsets } = entry
  const elementBytes = typeof dtype === 'string' ? dtypeBytes.get(dtype) : undefined
  if (typeof dtype !== 'string' || elementBytes === undefined)
    throw new SafetensorsError(
      'unknown_dtype',
      path,
      `${label} has the unknown dtype ${typeof dtype === 'string' ? shorten(dtype) : `of type ${typeof dtype}`}`,
    )
  if (!Array.isArray(shape) || shape.length > maxRank || !shape.every(isCount))
    throw new SafetensorsError('bad_shape', path, `${label} has a shape that is not a list of sizes`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw new SafetensorsError('bad_offsets', path, `${label} has offsets that are not two positions`)
  const [begin = 0, end = 0] = offsets
  let bytes = elementBytes
  for (const size of shape) {
    bytes *= size
    // Each product is checked: a size of zero at the end would hide that other readers overflow before it.
    if (!Number.isSafeInteger(bytes))
      throw new SafetensorsError('bad_shape', path, `${label} is impossibly large`)
  }
  if (end < begin || end - begin !== bytes)
    throw new SafetensorsError(
      'bad_offsets',
      path,
      `${label} needs ${bytes} bytes and is given ${end - begin}`,
    )
  return { name, dtype, shape, path, start: dataStart + begin, end: dataStart + end }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0 && !Object.is(value, -0)
}

function shorten(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
}

export interface CheckpointTensors {
  readonly files: readonly SafetensorsFile[]
  readonly tensors: ReadonlyMap<string, Tensor>
}

/**
 * All tensors of a checkpoint folder: `model.safetensors` when there is one, as loaders prefer it, otherwise the
 * shards of `model.safetensors.index.json`. Index and shards must agree completely.
 */
export async function readCheckpointTensors(folder: string): Promise<CheckpointTensors> {
  const single = join(folder, 'model.safetensors')
  if (await isFile(single)) return collect([await readSafetensorsHeader(single)])
  const indexPath = join(folder, 'model.safetensors.index.json')
  if (!(await isFile(indexPath)))
    throw new SafetensorsError('no_weights', folder, 'no model.safetensors and no index')
  const weightMap = await readIndex(indexPath)
  const files: SafetensorsFile[] = []
  for (const shard of [...new Set(weightMap.values())].sort()) {
    const path = join(folder, shard)
    if (!(await isFile(path)))
      throw new SafetensorsError('missing_shard', indexPath, `${shorten(shard)} is missing`)
    const file = await readSafetensorsHeader(path)
    // Before the next file is read: together they hold no more tensors than the index names.
    for (const { name } of file.tensors) {
      if (weightMap.get(name) !== shard)
        throw new SafetensorsError('index_mismatch', indexPath, `the index misplaces ${shorten(name)}`)
    }
    files.push(file)
  }
  const checkpoint = collect(files)
  for (const name of weightMap.keys()) {
    if (!checkpoint.tensors.has(name))
      throw new SafetensorsError('index_mismatch', indexPath, `no shard has ${shorten(name)}`)
  }
  return checkpoint
}

/** Tensor name → shard file name, which is a plain name in the same folder. */
export async function readIndex(path: string): Promise<ReadonlyMap<string, string>> {
  if ((await stat(path)).size > maxIndexBytes)
    throw new SafetensorsError('broken_index', path, 'the index is too large')
  const index = readJsonObject(path, await readFile(path), 'broken_index')
  const weightMap = index['weight_map']
  if (!isJsonObject(weightMap) || Object.keys(weightMap).length === 0)
    throw new SafetensorsError('broken_index', path, 'the index has no weight_map')
  if (Object.keys(weightMap).length > maxTensors)
    throw new SafetensorsError('broken_index', path, `the index names more than ${maxTensors} tensors`)
  const shards = new Map<string, string>()
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== 'string')
      throw new SafetensorsError('broken_index', path, 'a shard is not named by a string')
    if (!/^[\w][\w.-]{0,200}\.safetensors$/.test(shard))
      throw new SafetensorsError('index_outside', path, `${shorten(shard)} is not the plain name of a shard`)
    shards.set(name, shard)
  }
  return shards
}

function collect(files: readonly SafetensorsFile[]): CheckpointTensors {
  const tensors = new Map<string, Tensor>()
  for (const file of files) {
    if (file.tensors.length === 0)
      throw new SafetensorsError('no_tensors', file.path, 'a file without tensors')
    for (const tensor of file.tensors) {
      if (tensors.has(tensor.name))
        throw new SafetensorsError('index_mismatch', file.path, `${shorten(tensor.name)} is in two files`)
      tensors.set(tensor.name, tensor)
    }
  }
  return { files, tensors }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

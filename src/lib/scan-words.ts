import { createHash, type Hash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { pipeline, Readable, type Transform } from 'node:stream'
import { TextDecoder } from 'node:util'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { isBinary, keepStrings } from './binary-strings.ts'
import { createWordSplitter, type WordVisitor } from './words.ts'

export interface ScannedFile {
  /** Of the file as it lies there. */
  readonly sha256: string
  /** False when the file goes on beyond the limit, or its compression broke. */
  readonly complete: boolean
  /** Bytes of text that were looked at. */
  readonly bytes: number
}

/**
 * Shows the words of a file of any kind to a visitor, in bounded memory. gzip and Zstandard are unpacked, UTF-16 is
 * recognised, everything else is read as UTF-8, so that the plain strings of binary formats are seen too.
 */
export async function scanWords(path: string, visitor: WordVisitor, maxBytes: number): Promise<ScannedFile> {
  const hash = createHash('sha256')
  const splitter = createWordSplitter(visitor)
  let decoder: TextDecoder | null = null
  let bytes = 0
  let complete = true
  const file = await open(path, 'r')
  try {
    for await (const chunk of await unpacked(file, hash)) {
      if (bytes >= maxBytes) {
        complete = false
        break
      }
      bytes += chunk.length
      decoder ??= new TextDecoder(guessEncoding(chunk))
      const text = decoder.encoding === 'utf-8' && isBinary(chunk) ? keepStrings(chunk) : chunk
      splitter.push(decoder.decode(text, { stream: true }))
    }
  } catch (error) {
    if (!isPackingError(error)) throw error
    complete = false
  } finally {
    await file.close()
  }
  if (decoder !== null) splitter.push(decoder.decode())
  splitter.end()
  return { sha256: hash.digest('hex'), complete, bytes }
}

async function unpacked(file: FileHandle, hash: Hash): Promise<AsyncIterable<Buffer>> {
  const magic = Buffer.alloc(4)
  await file.read(magic, 0, 4, 0)
  const unpacker = createUnpacker(magic)
  if (unpacker === null) return chunksOf(file, hash)
  // The error reaches the reader of the last stream of the pipeline as well.
  pipeline(Readable.from(chunksOf(file, hash)), unpacker, () => undefined)
  return unpacker
}

async function* chunksOf(file: FileHandle, hash: Hash): AsyncIterable<Buffer> {
  for (let position = 0; ;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(1024 * 1024), 0, 1024 * 1024, position)
    if (bytesRead === 0) return
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    yield chunk
    position += bytesRead
  }
}

/** RFC 1952 section 2.3.1 and RFC 8878 section 3.1.1. */
function createUnpacker(magic: Buffer): Transform | null {
  if (magic.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) return createGunzip()
  if (magic.equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) return createZstdDecompress()
  return null
}

/** In UTF-16 nearly every other byte of western text is zero. */
function guessEncoding(chunk: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return 'utf-16le'
  if (chunk[0] === 0xfe && chunk[1] === 0xff) return 'utf-16be'
  const sample = chunk.subarray(0, 4_096)
  const zeros = [0, 0]
  for (const [index, byte] of sample.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  if (odd > sample.length * 0.3 && even < sample.length * 0.05) return 'utf-16le'
  return even > sample.length * 0.3 && odd < sample.length * 0.05 ? 'utf-16be' : 'utf-8'
}

function isPackingError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    /^(Z_|ERR_ZSTD|ZSTD|ERR_BUFFER|ERR_ZLIB)/.test(String(error.code))
  )
}

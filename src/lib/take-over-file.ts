import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, open, rm, type FileHandle } from 'node:fs/promises'
import { ChangedFileError, openListed, type TreeEntry } from './untrusted-tree.ts'

export interface TakeOverOptions {
  /** Remembers between calls whether the file system can share blocks. */
  readonly clone: { supported: boolean }
  /** Waits until the data is on the disk. */
  readonly sync: boolean
}

/**
 * Copies a listed file into a new file that belongs to this process: by sharing blocks where the file system can,
 * otherwise byte by byte, leaving holes for zeros. The new file is readable only by its owner. Returns the sha256 of
 * what was copied, or `null` for shared blocks, which nobody has read yet.
 */
export async function takeOverFile(
  entry: TreeEntry,
  destination: string,
  options: TakeOverOptions,
): Promise<string | null> {
  const source = await openListed(entry)
  try {
    if (await cloneFile(source, destination, options)) return null
    return await copyBytes(source, entry, destination, options.sync)
  } finally {
    await source.close()
  }
}

/** The clone goes through the open file, not through its name, so that nothing can be put in between. */
async function cloneFile(
  source: FileHandle,
  destination: string,
  options: TakeOverOptions,
): Promise<boolean> {
  if (!options.clone.supported || process.platform !== 'linux' || (await source.stat()).size === 0)
    return false
  try {
    // copyFile gives the new file the mode of the old one, which might be set-uid.
    await source.chmod(0o600)
    const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE
    await copyFile(`/proc/self/fd/${source.fd}`, destination, flags)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error
    options.clone.supported = false
    await rm(destination, { force: true })
    return false
  }
}

async function copyBytes(
  source: FileHandle,
  entry: TreeEntry,
  destination: string,
  sync: boolean,
): Promise<string> {
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(1024 * 1024, entry.bytes)))
  const target = await open(destination, 'wx', 0o600)
  try {
    let position = 0
    for (;;) {
      const { bytesRead } = await source.read(chunk, 0, chunk.length, position)
      if (bytesRead === 0) break
      const bytes = chunk.subarray(0, bytesRead)
      hash.update(bytes)
      if (!isZero(bytes)) await writeFully(target, bytes, position)
      position += bytesRead
      if (position > entry.bytes) break
    }
    if (position !== entry.bytes) throw new ChangedFileError(entry.path)
    await target.truncate(position)
    if (sync) await target.sync()
  } catch (error) {
    await rm(destination, { force: true }) // half a file is nobody's file
    throw error
  } finally {
    await target.close()
  }
  return hash.digest('hex')
}

function isZero(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes[bytes.length - 1] === 0 && bytes.equals(Buffer.alloc(bytes.length))
}

async function writeFully(target: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await target.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

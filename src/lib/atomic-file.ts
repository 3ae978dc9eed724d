import { randomBytes } from 'node:crypto'
import { renameSync } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface AtomicWriteOptions {
  readonly mode?: number
  /** Called when all is written, right before it becomes visible; what it throws leaves everything as it was. */
  readonly fence?: () => void
}

/** Writes a whole file or nothing: a reader, or a crash at any moment, sees the old content or the new. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
  { mode = 0o644, fence = (): void => {} }: AtomicWriteOptions = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    fence()
    renameSync(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

export async function writeJsonAtomic(
  path: string,
  value: unknown,
  options?: AtomicWriteOptions,
): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`, options)
}

/** Creates a file that must not exist yet. Returns whether this call created it. */
export async function createExclusive(path: string, content: string): Promise<boolean> {
  let file: FileHandle
  try {
    file = await open(path, 'wx')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
  try {
    await file.writeFile(content)
    await file.sync()
  } catch (error) {
    await rm(path, { force: true }) // a full disk: nobody has claimed it
    throw error
  } finally {
    await file.close()
  }
  await syncFolder(dirname(path))
  return true
}

/** Makes the folder's entries durable. Some file systems refuse it; then there is nothing more to do. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch {
    // not supported here
  }
}

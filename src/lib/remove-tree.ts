import { randomBytes } from 'node:crypto'
import { chmod, lstat, opendir, rename, rm, rmdir, unlink } from 'node:fs/promises'

/** Well below PATH_MAX, so that a folder's entries can still be named. */
const longPath = 2_000

/** Names that are looked at together. */
const batchSize = 256

/**
 * Removes a folder that an adversary filled, of which no process is left. Unlike `rm` it manages trees whose paths are
 * longer than the system can name, and folders whose owner took all rights from them. Links are removed, not followed.
 */
export async function removeTree(root: string): Promise<void> {
  const info = await lstat(root).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  if (info?.isDirectory()) await empty(root)
  await rm(root, { recursive: true, force: true })
}

/** Folder by folder: `rm` alone would hold a promise for each of a million names. */
async function empty(root: string): Promise<void> {
  const folders: Buffer[] = []
  const pending: Buffer[] = [Buffer.from(root)]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    await chmod(folder, 0o700)
    folders.push(folder)
    let files: Buffer[] = []
    for await (const entry of await opendir(folder, { encoding: 'latin1', bufferSize: batchSize })) {
      const path = Buffer.concat([folder, Buffer.from('/'), Buffer.from(entry.name, 'latin1')])
      if (entry.isDirectory()) pending.push(await shorten(path, root))
      else files.push(path)
      if (files.length < batchSize) continue
      await Promise.all(files.map(unlinkIfAllowed))
      files = []
    }
    await Promise.all(files.map(unlinkIfAllowed))
  }
  for (const folder of folders.reverse()) await rmdir(folder).catch(() => undefined)
}

/** What is left is tried again by `rm`, which says why it cannot be removed. */
async function unlinkIfAllowed(path: Buffer): Promise<void> {
  await unlink(path).catch(() => undefined)
}

/** Moves a folder that lies too deep directly below the root. */
async function shorten(path: Buffer, root: string): Promise<Buffer> {
  if (path.length <= longPath) return path
  const moved = Buffer.from(`${root}/.deep-${randomBytes(8).toString('hex')}`)
  await chmod(path, 0o700)
  await rename(path, moved)
  return moved
}

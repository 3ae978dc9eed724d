import { randomBytes } from 'node:crypto'
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises'

/** Well below PATH_MAX, so that a folder's entries can still be named. */
const longPath = 2_000

/**
 * Removes a folder that an adversary filled, of which no process is left. Unlike `rm` it manages trees whose paths are
 * longer than the system can name, and folders whose owner took all rights from them. Links are removed, not followed.
 */
export async function removeTree(root: string): Promise<void> {
  const info = await lstat(root).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  if (info?.isDirectory()) await flatten(root)
  await rm(root, { recursive: true, force: true })
}

/** Moves folders that lie too deep directly below the root. */
async function flatten(root: string): Promise<void> {
  const pending: Buffer[] = [Buffer.from(root)]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    await chmod(folder, 0o700)
    for (const entry of await readdir(folder, { encoding: 'buffer', withFileTypes: true })) {
      if (!entry.isDirectory()) continue
      const path = Buffer.concat([folder, Buffer.from('/'), entry.name])
      if (path.length <= longPath) pending.push(path)
      else {
        const moved = Buffer.from(`${root}/.deep-${randomBytes(8).toString('hex')}`)
        await chmod(path, 0o700)
        await rename(path, moved)
        pending.push(moved)
      }
    }
  }
}

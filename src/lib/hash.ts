import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { canonicalJson } from './canonical-json.ts'

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Hash of a JSON value, the same whatever the order of its keys. */
export function hashJson(value: unknown): string {
  return sha256(canonicalJson(value))
}

export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

export interface HashedFile {
  /** Relative to the folder, with `/`. */
  readonly path: string
  readonly sha256: string
  /** Permission bits. */
  readonly mode: number
}

/** Every regular file below a folder, sorted by path. Links and special files are refused: they cannot be pinned. */
export async function hashFolder(root: string): Promise<{ hash: string; files: HashedFile[] }> {
  const files: HashedFile[] = []
  await walk('')
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { hash: hashJson(files), files }

  async function walk(relative: string): Promise<void> {
    for (const entry of await readdir(join(root, relative), { withFileTypes: true })) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`
      if (entry.isDirectory()) await walk(path)
      else if (entry.isFile()) {
        const { mode } = await lstat(join(root, path))
        files.push({ path, sha256: await hashFile(join(root, path)), mode: mode & 0o777 })
      } else throw new Error(`${join(root, path)} is neither a file nor a folder, so it cannot be hashed`)
    }
  }
}

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

/** How the hub names a file's content: `sha256:…` for large ones (Git LFS), `git:…` for the others. */
export type Digest = `sha256:${string}` | `git:${string}`

/** The content of a file, hashed in the way of a digest that it is to be compared with. */
export async function digestLike(path: string, digest: Digest): Promise<Digest> {
  const isGit = digest.startsWith('git:')
  const hash = createHash(isGit ? 'sha1' : 'sha256')
  // git hashes a blob with its length before it
  if (isGit) hash.update(`blob ${(await stat(path)).size}\0`)
  await pipeline(createReadStream(path), hash)
  return `${isGit ? 'git' : 'sha256'}:${hash.digest('hex')}`
}

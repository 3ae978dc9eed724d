import { chmod, lstat, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '../../lib/hash.ts'

/**
 * A unix socket's path has room for about 100 bytes, so sockets lie in a short folder outside the run directory. What a
 * killed predecessor left there goes.
 */
export async function createSocketsFolder(owner: string): Promise<string> {
  const root = socketsRoot()
  await mkdir(root, { recursive: true, mode: 0o711 })
  await assertOurs(root)
  const path = socketsFolder(owner)
  await rm(path, { recursive: true, force: true })
  await mkdir(path)
  await chmod(path, 0o711)
  return path
}

/** Where the sockets of one attempt or engine lie; `owner` is the path of its folder. */
export function socketsFolder(owner: string): string {
  return join(socketsRoot(), sha256(owner).slice(0, 12))
}

function socketsRoot(): string {
  return join(tmpdir(), `ptb-${process.getuid?.() ?? 'user'}`)
}

async function assertOurs(path: string): Promise<void> {
  const stat = await lstat(path)
  if (!stat.isDirectory() || (process.getuid !== undefined && stat.uid !== process.getuid()))
    throw new Error(`${path} belongs to somebody else; set TMPDIR to a folder of yours`)
}

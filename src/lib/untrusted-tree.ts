import { constants } from 'node:fs'
import { chmod, lstat, open, opendir, readlink, type FileHandle } from 'node:fs/promises'
import { sha256 } from './hash.ts'

/** One name in a folder that an adversary filled. */
export interface TreeEntry {
  /** Relative to the root, with `/`; a name with bytes that are not UTF-8, control characters or `%` is written with `%xx`. */
  readonly path: string
  /** The name as it is on disk: for system calls only. */
  readonly diskPath: Buffer
  readonly kind: 'file' | 'folder' | 'link' | 'special' | 'unreadable'
  readonly bytes: number
  /** Identifies the file on this machine while it exists. */
  readonly inode: string
  /** Hard links, wherever they are. */
  readonly links: number
}

export interface Tree {
  readonly entries: readonly TreeEntry[]
  /** Folders whose content was not listed because a limit was reached. */
  readonly unlisted: readonly string[]
}

export interface TreeLimits {
  readonly entries: number
  readonly depth: number
}

/** Lists everything below a folder, sorted by path, without following links and without opening a file. */
export async function listTree(
  root: string,
  limits: TreeLimits,
  skip: (path: string) => boolean = () => false,
): Promise<Tree> {
  const entries: TreeEntry[] = []
  const unlisted: string[] = []
  const pending: { path: string; diskPath: Buffer; depth: number }[] = [
    { path: '', diskPath: Buffer.from(root), depth: 0 },
  ]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (folder.depth >= limits.depth || entries.length >= limits.entries) {
      unlisted.push(folder.path)
      continue
    }
    try {
      for await (const name of namesIn(folder.diskPath)) {
        const path = folder.path === '' ? display(name) : `${folder.path}/${display(name)}`
        if (skip(path)) continue
        if (entries.length >= limits.entries) {
          unlisted.push(folder.path)
          break
        }
        const entry = await describe(path, Buffer.concat([folder.diskPath, Buffer.from('/'), name]))
        entries.push(entry)
        if (entry.kind === 'folder') pending.push({ path, diskPath: entry.diskPath, depth: folder.depth + 1 })
      }
    } catch (error) {
      if (!isDenied(error)) throw error
      unlisted.push(folder.path)
    }
  }
  entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  return { entries, unlisted }
}

/** `latin1` keeps every byte of a name as one character: names need not be UTF-8. */
async function* namesIn(folder: Buffer): AsyncIterable<Buffer> {
  const directory = await openListing(folder)
  for await (const entry of directory) yield Buffer.from(entry.name, 'latin1')
}

async function openListing(folder: Buffer): Promise<Awaited<ReturnType<typeof opendir>>> {
  try {
    return await opendir(folder, { encoding: 'latin1', bufferSize: 256 })
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error
    await chmod(folder, 0o700)
    return opendir(folder, { encoding: 'latin1', bufferSize: 256 })
  }
}

async function describe(path: string, diskPath: Buffer): Promise<TreeEntry> {
  try {
    const info = await lstat(diskPath, { bigint: true })
    return {
      path,
      diskPath,
      kind: info.isFile()
        ? 'file'
        : info.isDirectory()
          ? 'folder'
          : info.isSymbolicLink()
            ? 'link'
            : 'special',
      bytes: Number(info.size),
      inode: `${info.dev}:${info.ino}`,
      links: Number(info.nlink),
    }
  } catch (error) {
    if (!isDenied(error)) throw error
    return { path, diskPath, kind: 'unreadable', bytes: 0, inode: '', links: 0 }
  }
}

export class ChangedFileError extends Error {
  constructor(path: string) {
    super(`${path} is not the file that was listed`)
    this.name = 'ChangedFileError'
  }
}

/**
 * Opens a listed file for reading: never through a link, never waiting for the other end of a pipe, and only if it
 * still is the file that was listed.
 */
export async function openListed(entry: TreeEntry): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(entry.diskPath, flags).catch(async (error: unknown) => {
    if (!hasCode(error, 'EACCES')) throw error
    // The owner took the right to read away from itself. The listing said that this is no link.
    await chmod(entry.diskPath, 0o600)
    return open(entry.diskPath, flags)
  })
  try {
    const info = await file.stat({ bigint: true })
    const same =
      info.isFile() && `${info.dev}:${info.ino}` === entry.inode && Number(info.size) === entry.bytes
    if (!same) throw new ChangedFileError(entry.path)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Where a link points, shortened; never followed. */
export async function readLinkText(entry: TreeEntry): Promise<string> {
  return display(await readlink(entry.diskPath, { encoding: 'buffer' })).slice(0, 200)
}

/** What file systems allow; escaping must not make a name that no copy can have. */
const maxShownName = 255

/** Different names stay different. */
function display(name: Buffer): string {
  const text = name.toString('utf8')
  if (Buffer.from(text).equals(name) && !/[\p{C}%]/u.test(text)) return text
  let shown = ''
  for (const byte of name)
    shown +=
      byte > 0x20 && byte < 0x7f && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0')}`
  return shown.length <= maxShownName ? shown : `${shown.slice(0, 180)}%${sha256(name).slice(0, 16)}`
}

/** Errors that the owner of the tree can cause; anything else is the machine's. */
export function isDenied(error: unknown): boolean {
  return hasCode(error, 'EACCES', 'EPERM', 'ENAMETOOLONG', 'ELOOP', 'ENOENT', 'ENOTDIR', 'ENXIO')
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

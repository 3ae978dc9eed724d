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

export interface ListOptions extends TreeLimits {
  /** From `identify`: only this folder is listed, through no link. Without it the root may be a link. */
  readonly rootInode?: string
}

/** Lists everything below a folder, sorted by path, without following links and without opening a file. */
export async function listTree(
  root: string,
  limits: ListOptions,
  skip: (path: string) => boolean = () => false,
): Promise<Tree> {
  const entries: TreeEntry[] = []
  const unlisted: string[] = []
  const pending: Folder[] = [
    { path: '', diskPath: Buffer.from(root), depth: 0, inode: limits.rootInode ?? null },
  ]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    if (folder.depth >= limits.depth || entries.length >= limits.entries) {
      unlisted.push(folder.path)
      continue
    }
    try {
      await using handle = await openFolder(folder)
      const through = pathOf(handle, folder.diskPath)
      for await (const name of namesIn(through)) {
        const path = folder.path === '' ? display(name) : `${folder.path}/${display(name)}`
        if (skip(path)) continue
        if (entries.length >= limits.entries) {
          unlisted.push(folder.path)
          break
        }
        const entry = await describe(path, join(folder.diskPath, name), join(through, name))
        entries.push(entry)
        if (entry.kind === 'folder')
          pending.push({ path, diskPath: entry.diskPath, depth: folder.depth + 1, inode: entry.inode })
      }
    } catch (error) {
      if (!isDenied(error) && !(error instanceof ChangedFileError)) throw error
      unlisted.push(folder.path)
    }
  }
  entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  return { entries, unlisted }
}

/** Names the inode at a path, be it a link. */
export async function identify(path: string): Promise<string> {
  return inodeOf(await lstat(path, { bigint: true }))
}

/** Gives the owner of a folder back the rights to list and enter it. */
export async function openUp(folder: string): Promise<void> {
  const inode = await identify(folder)
  const handle = await openFolder({ path: '', diskPath: Buffer.from(folder), depth: 0, inode })
  await handle.close()
}

interface Folder {
  readonly path: string
  readonly diskPath: Buffer
  readonly depth: number
  /** `null` for a root that was not identified. */
  readonly inode: string | null
}

/** Opens the folder that was listed, and no other that was put in its place or in the place of one above it. */
async function openFolder(folder: Folder): Promise<FileHandle> {
  const noFollow = folder.inode === null ? 0 : constants.O_NOFOLLOW
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | noFollow
  const expected = folder.inode === null ? null : { path: folder.path, inode: folder.inode }
  const handle = await openAllowed(folder.diskPath, flags, { expected, mode: 0o700 })
  try {
    const info = await handle.stat({ bigint: true })
    if (folder.inode !== null && inodeOf(info) !== folder.inode) throw new ChangedFileError(folder.path)
    if ((info.mode & 0o500n) !== 0o500n) await handle.chmod(0o700)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** `O_PATH` of Linux, which node:fs does not name: a handle to a name's inode, whatever the rights on it. */
const pathOnly = 0o10000000

/** Opens; where the owner took the right to read away from itself, gives it back to that inode and nothing else. */
async function openAllowed(
  path: Buffer,
  flags: number,
  { expected, mode }: { expected: Pick<TreeEntry, 'path' | 'inode'> | null; mode: number },
): Promise<FileHandle> {
  try {
    return await open(path, flags)
  } catch (error) {
    if (!hasCode(error, 'EACCES') || process.platform !== 'linux') throw error
  }
  await using handle = await open(path, pathOnly | (flags & constants.O_NOFOLLOW))
  if (expected !== null && inodeOf(await handle.stat({ bigint: true })) !== expected.inode)
    throw new ChangedFileError(expected.path)
  await chmod(pathOf(handle, path), mode)
  return open(path, flags)
}

/** Leads to what is open, whatever its name has become. */
function pathOf(handle: FileHandle, path: Buffer): Buffer {
  return process.platform === 'linux' ? Buffer.from(`/proc/self/fd/${handle.fd}`) : path
}

function join(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name])
}

function inodeOf(info: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${info.dev}:${info.ino}`
}

/** `latin1` keeps every byte of a name as one character: names need not be UTF-8. */
async function* namesIn(folder: Buffer): AsyncIterable<Buffer> {
  for await (const entry of await opendir(folder, { encoding: 'latin1', bufferSize: 256 }))
    yield Buffer.from(entry.name, 'latin1')
}

async function describe(path: string, diskPath: Buffer, through: Buffer): Promise<TreeEntry> {
  try {
    const info = await lstat(through, { bigint: true })
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
      inode: inodeOf(info),
      links: Number(info.nlink),
    }
  } catch (error) {
    if (!isDenied(error)) throw error
    return { path, diskPath, kind: 'unreadable', bytes: 0, inode: '', links: 0 }
  }
}

export class ChangedFileError extends Error {
  /** As listed. */
  readonly path: string

  constructor(path: string) {
    super(`${path} is not the file that was listed`)
    this.name = 'ChangedFileError'
    this.path = path
  }
}

/**
 * Opens a listed file for reading: never through a link, never waiting for the other end of a pipe, and only if it
 * still is the file that was listed.
 */
export async function openListed(entry: TreeEntry): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await openAllowed(entry.diskPath, flags, { expected: entry, mode: 0o600 })
  try {
    const info = await file.stat({ bigint: true })
    const same = info.isFile() && inodeOf(info) === entry.inode && Number(info.size) === entry.bytes
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
  return hasCode(error, 'EACCES', 'EPERM', 'ENAMETOOLONG', 'ELOOP', 'ENOENT', 'ENOTDIR', 'ENXIO', 'EAGAIN')
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SealRecord } from '../../domain/seal.ts'
import { takeOverFile } from '../../lib/take-over-file.ts'
import {
  ChangedFileError,
  isDenied,
  readLinkText,
  type Tree,
  type TreeEntry,
} from '../../lib/untrusted-tree.ts'
import type { SealLimits } from './seal-limits.ts'
import { maySayMuch, reasonToLeaveOut } from './seal-names.ts'

export interface ArchiveOptions {
  readonly tree: Tree
  /** Name of the submission's folder, whose weights are not archived a second time. */
  readonly modelName: string
  readonly ownsAllLinks: (entry: TreeEntry) => boolean
  readonly partialPath: string
  readonly limits: SealLimits['workspace']
  readonly clone: { supported: boolean }
}

const maxListed = 1_000

/**
 * Copies what the agent left behind: what may be training data, code or notes first, small files before large ones,
 * so that padding never crowds out evidence. Links and special files are recorded, not copied.
 */
export async function archiveWorkspace(options: ArchiveOptions): Promise<SealRecord['workspace']> {
  const { tree, limits, partialPath } = options
  const archive: SealRecord['workspace'] = { files: 0, bytes: 0, leftOut: [], leftOutSums: {} }
  await mkdir(partialPath, { mode: 0o700 })
  const folders = new Set([partialPath])
  for (const entry of byTellingness(tree.entries)) {
    const why = await reasonFor(entry, options, archive.bytes)
    if (why !== null) {
      note(archive, entry, why)
      continue
    }
    const destination = join(partialPath, entry.path)
    try {
      if (!folders.has(dirname(destination)))
        await mkdir(dirname(destination), { recursive: true, mode: 0o700 })
      folders.add(dirname(destination))
      await takeOverFile(entry, destination, { clone: options.clone, sync: false })
      await chmod(destination, 0o444)
    } catch (error) {
      if (!isDenied(error) && !(error instanceof ChangedFileError)) throw error
      note(archive, entry, 'unreadable')
      continue
    }
    archive.files++
    archive.bytes += entry.bytes
  }
  for (const path of tree.unlisted)
    note(
      archive,
      { path, bytes: 0 },
      'unlisted',
      `of more than ${limits.entries} names or ${limits.depth} folders`,
    )
  return archive
}

function byTellingness(entries: readonly TreeEntry[]): TreeEntry[] {
  return entries
    .filter((entry) => entry.kind !== 'folder')
    .sort((a, b) => Number(maySayMuch(b.path)) - Number(maySayMuch(a.path)) || a.bytes - b.bytes)
}

async function reasonFor(
  entry: TreeEntry,
  { limits, modelName, ownsAllLinks }: ArchiveOptions,
  archived: number,
): Promise<string | null> {
  if (entry.kind === 'link') return `link to ${await readLinkText(entry).catch(() => 'somewhere')}`
  if (entry.kind !== 'file') return entry.kind
  if (entry.links > 1 && !ownsAllLinks(entry)) return 'hard_link'
  if (entry.path.startsWith(`${modelName}/`) && ['weights', 'pickle'].includes(reasonToLeaveOut(entry.path)))
    return 'weights'
  if (entry.bytes > (maySayMuch(entry.path) ? limits.dataFileBytes : limits.fileBytes)) return 'too_large'
  return archived + entry.bytes > limits.bytes ? 'over_budget' : null
}

function note(
  archive: SealRecord['workspace'],
  entry: { readonly path: string; readonly bytes: number; readonly kind?: TreeEntry['kind'] },
  why: string,
  detail?: string,
): void {
  const word = why.split(' ')[0] ?? why
  const sum = archive.leftOutSums[word] ?? { files: 0, bytes: 0 }
  archive.leftOutSums[word] = {
    files: sum.files + 1,
    bytes: sum.bytes + (entry.kind === 'file' ? entry.bytes : 0),
  }
  if (archive.leftOut.length < maxListed)
    archive.leftOut.push({ path: entry.path, why: detail === undefined ? why : `${why} ${detail}` })
}

import { randomBytes } from 'node:crypto'
import { renameSync } from 'node:fs'
import { lstat, mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { sealRecordSchema, type SealRecord } from '../../domain/seal.ts'
import { writeJsonAtomic } from '../../lib/atomic-file.ts'
import { removeTree } from '../../lib/remove-tree.ts'
import {
  ChangedFileError,
  identify,
  isDenied,
  listTree,
  openUp,
  type Tree,
  type TreeEntry,
} from '../../lib/untrusted-tree.ts'
import { partialSuffix } from '../layout.ts'
import { defaultSealLimits, type SealLimits } from './seal-limits.ts'
import { publishFolder, sealModel, type SealedModel } from './seal-model.ts'
import { archiveWorkspace } from './seal-workspace.ts'

export interface SealOptions {
  /** The live workspace. It is only read; the caller deletes it once there is a seal. */
  readonly workspacePath: string
  /** The submission: a folder directly in the workspace. */
  readonly modelPath: string
  /** Receives `final_model/`, `workspace/` and `seal.json`. */
  readonly attemptPath: string
  readonly limits?: SealLimits
  /** Called right before anything in `attemptPath` is changed; what it throws prevents that. */
  readonly fence?: () => void
  readonly now?: () => Date
}

/**
 * Takes over what the agent left behind. To be called only after every process of the agent is proven dead. A second
 * call on a sealed attempt returns the same record; a call that was cut short is simply made again. Throws only for
 * faults of the machine: whatever the agent did ends in the record.
 */
export async function sealAttempt(options: SealOptions): Promise<SealRecord> {
  const { workspacePath, modelPath, attemptPath } = options
  if (dirname(modelPath) !== workspacePath)
    throw new TypeError('the submission must lie directly in the workspace')
  const sealPath = join(attemptPath, 'seal.json')
  const known = await readSeal(sealPath)
  if (known !== null) return known

  const { limits = defaultSealLimits, fence = (): void => {} } = options
  const target = (name: string): string => join(attemptPath, name)
  const stagePath = await openStage(attemptPath, fence)

  const workspaceKind = await kindOf(workspacePath)
  if (workspaceKind === 'folder') await openUp(workspacePath).catch(ignoreDenied)
  const modelKind = workspaceKind === 'folder' ? await kindOf(modelPath) : workspaceKind
  const modelName = basename(modelPath)
  const model = modelKind === 'folder' ? await listModel(modelPath, limits.model) : emptyTree
  const rest =
    workspaceKind === 'folder'
      ? await listTree(
          workspacePath,
          limits.workspace,
          (path) => path === modelName && modelKind === 'folder',
        )
      : emptyTree
  const ownsAllLinks = createLinkCheck([...model.entries, ...rest.entries])
  const clone = { supported: true }

  const sealed =
    modelKind === 'folder'
      ? await sealModel({
          tree: model,
          ownsAllLinks,
          partialPath: join(stagePath, 'final_model'),
          limits: limits.model,
          clone,
        })
      : nothingSealed(modelKind)
  if (sealed.refused === null)
    await publishFolder(join(stagePath, 'final_model'), target('final_model'), fence)

  const workspace = await archiveWorkspace({
    tree: {
      entries: [
        ...rest.entries,
        ...model.entries.map((entry) => ({ ...entry, path: `${modelName}/${entry.path}` })),
      ],
      unlisted: [...rest.unlisted, ...model.unlisted.map((path) => `${modelName}/${path}`)],
    },
    modelName,
    ownsAllLinks,
    partialPath: join(stagePath, 'workspace'),
    limits: limits.workspace,
    clone,
  })
  await publishFolder(join(stagePath, 'workspace'), target('workspace'), fence)
  await removeTree(stagePath)

  const sealedAt = (options.now ?? (() => new Date()))().toISOString()
  const record: SealRecord = { schemaVersion: 1, sealedAt, ...sealed, workspace }
  await writeJsonAtomic(sealPath, record, { fence })
  return record
}

export async function readSeal(path: string): Promise<SealRecord | null> {
  try {
    return sealRecordSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** The folder itself, not what a link in its place would lead to. */
async function listModel(path: string, limits: SealLimits['model']): Promise<Tree> {
  try {
    return await listTree(path, { ...limits, rootInode: await identify(path) })
  } catch (error) {
    ignoreDenied(error)
    return { entries: [], unlisted: [''] }
  }
}

function ignoreDenied(error: unknown): void {
  if (!isDenied(error) && !(error instanceof ChangedFileError)) throw error
}

const emptyTree: Tree = { entries: [], unlisted: [] }

type Kind = 'folder' | 'link' | 'other' | 'missing'

async function kindOf(path: string): Promise<Kind> {
  try {
    const info = await lstat(path)
    if (info.isDirectory()) return 'folder'
    return info.isSymbolicLink() ? 'link' : 'other'
  } catch (error) {
    if (isDenied(error)) return 'missing'
    throw error
  }
}

function nothingSealed(kind: Exclude<Kind, 'folder'>): SealedModel {
  const refused = {
    missing: { reason: 'no_model/nothing_submitted', detail: 'there is no final_model' },
    link: { reason: 'no_model/link', detail: 'final_model is a symbolic link; submit the folder itself' },
    other: { reason: 'no_model/not_a_folder', detail: 'final_model is not a folder' },
  }[kind]
  return { refused, files: [], tensors: [], leftOut: [], modelHash: null }
}

/** A hard link is harmless when every name of the file lies within the workspace. */
function createLinkCheck(entries: readonly TreeEntry[]): (entry: TreeEntry) => boolean {
  const names = new Map<string, number>()
  for (const { kind, links, inode } of entries)
    if (kind === 'file' && links > 1) names.set(inode, (names.get(inode) ?? 0) + 1)
  return (entry) => names.get(entry.inode) === entry.links
}

/**
 * A new folder, in which nobody else copies. The copies of an interrupted call are removed: first from their place, at
 * once, so that a call that stood still cannot go on removing what another one has put there.
 */
async function openStage(attemptPath: string, fence: () => void): Promise<string> {
  const stagePath = join(attemptPath, `seal-${randomBytes(6).toString('hex')}${partialSuffix}`)
  fence()
  for (const name of await readdir(attemptPath))
    if (name.endsWith(partialSuffix)) await removeTree(join(attemptPath, name))
  await mkdir(stagePath, { mode: 0o700 })
  for (const name of ['final_model', 'workspace']) {
    if ((await kindOf(join(attemptPath, name))) === 'missing') continue
    fence()
    renameSync(join(attemptPath, name), join(stagePath, 'old'))
    await removeTree(join(stagePath, 'old'))
  }
  return stagePath
}

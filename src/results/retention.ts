import { constants } from 'node:fs'
import { chmod, lstat, open, readdir, readFile, realpath, unlink } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { Keep } from '../domain/experiment.ts'
import { findingsFileSchema } from '../domain/finding.ts'
import type { RunState } from '../domain/journal.ts'
import { removalSchema, type RemovedFile } from '../domain/removal.ts'
import { sealRecordSchema, type SealRecord } from '../domain/seal.ts'
import { openJsonlWriter } from '../lib/jsonl.ts'
import { removeTree } from '../lib/remove-tree.ts'
import { listTree, openListed, type TreeEntry } from '../lib/untrusted-tree.ts'
import { readJournal } from '../run/journal.ts'
import { attemptLayout, runLayout } from '../run/layout.ts'
import { mayBeAlive } from '../run/worker-life.ts'

export interface RetentionOptions {
  readonly keep: Keep
  /** Only runs that were finished at least this long ago. */
  readonly olderThanMs: number
  readonly now?: () => number
}

/** What would go of one run, or why nothing of it may. */
export type RunRetention =
  | { readonly id: string; readonly path: string; readonly kept: string }
  | { readonly id: string; readonly path: string; readonly files: readonly RemovableFile[] }

export interface RemovableFile extends RemovedFile {
  /** As it was listed; null for a folder that goes as a whole. */
  readonly entry: TreeEntry | null
}

const treeLimits = { entries: 500_000, depth: 64 }
/** Texts of the archived workspace up to this size stay: code, notes and samples of data. */
const textBytes = 1024 ** 2

/** Looks at every run of an experiment; removes nothing. Folders in the place of links are the only ones entered. */
export async function planRetention(
  experimentPath: string,
  options: RetentionOptions,
): Promise<RunRetention[]> {
  const plans: RunRetention[] = []
  for (const id of await folders(join(experimentPath, 'runs'))) {
    const path = join(experimentPath, 'runs', id)
    const kept = await reasonToKeep(path, options)
    plans.push(
      kept === null ? { id, path, files: await listRemovable(path, options.keep) } : { id, path, kept },
    )
  }
  return plans
}

async function reasonToKeep(path: string, options: RetentionOptions): Promise<string | null> {
  let state: RunState
  try {
    state = await readJournal(path)
    await readCited(path)
  } catch {
    return 'its journal or its findings cannot be read'
  }
  if (state.outcome === null) return 'not finished'
  if (state.outcome.kind === 'unjudged') return 'waiting for a verdict, which needs the evidence'
  if (mayBeAlive(state.worker))
    return `its worker may be alive on ${state.worker?.host ?? 'another machine'}: use ptb gc there`
  const age = (options.now ?? Date.now)() - Date.parse(state.updatedAt ?? '')
  return age >= options.olderThanMs ? null : 'finished too recently'
}

async function listRemovable(runPath: string, keep: Keep): Promise<RemovableFile[]> {
  if (keep === 'all') return []
  const cited = await readCited(runPath)
  const files: RemovableFile[] = []
  for (const number of await folders(join(runPath, 'attempts'))) {
    const layout = attemptLayout(runPath, Number(number))
    if (layout.root !== join(runPath, 'attempts', number)) continue
    const within = `attempts/${number}`
    for (const name of await folders(layout.root))
      if (join(layout.root, name) === layout.live || name.endsWith('.partial'))
        files.push(await leftover(join(layout.root, name), `${within}/${name}/`))
    files.push(...(await listArchived(layout.workspace, `${within}/workspace`, cited)))
    if (keep === 'hashes')
      files.push(...(await listWeights(layout.finalModel, `${within}/final_model`, layout.seal)))
  }
  return files
}

async function leftover(path: string, name: string): Promise<RemovableFile> {
  const { entries } = await listTree(path, treeLimits)
  const bytes = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.bytes : 0), 0)
  return { path: name, bytes, why: 'leftover', entry: null }
}

/** Of the archived workspace: what no finding cites and nobody would read. */
async function listArchived(
  path: string,
  name: string,
  cited: ReadonlySet<string>,
): Promise<RemovableFile[]> {
  if (!(await isFolder(path))) return []
  const files: RemovableFile[] = []
  for (const entry of (await listTree(path, treeLimits)).entries) {
    const onDisk = entry.diskPath.toString('utf8').slice(path.length + 1)
    if (entry.kind !== 'file' || [entry.path, onDisk].some((file) => cited.has(`workspace/${file}`))) continue
    const why = /(?:^|\/)__pycache__\/|\.py[co]$/u.test(entry.path) ? 'python_cache' : 'bulk'
    if (why === 'python_cache' || !(await isShortText(entry)))
      files.push({ path: `${name}/${entry.path}`, bytes: entry.bytes, why, entry })
  }
  return files
}

async function isShortText(entry: TreeEntry): Promise<boolean> {
  if (entry.bytes > textBytes) return false
  const file = await openListed(entry)
  try {
    const content = await file.readFile()
    return !content.includes(0) && Buffer.from(content.toString('utf8')).equals(content)
  } finally {
    await file.close()
  }
}

/** Of the sealed checkpoint: weights whose hashes the seal has. */
async function listWeights(path: string, name: string, sealPath: string): Promise<RemovableFile[]> {
  const seal = await readSeal(sealPath)
  if (seal === null || !(await isFolder(path))) return []
  const sealed = new Map(seal.files.map((file) => [file.path, file]))
  return (await listTree(path, treeLimits)).entries.flatMap((entry): RemovableFile[] => {
    const known = sealed.get(entry.path)
    if (entry.kind !== 'file' || !entry.path.endsWith('.safetensors') || known?.bytes !== entry.bytes)
      return []
    return [
      { path: `${name}/${entry.path}`, bytes: entry.bytes, why: 'weights', sha256: known.sha256, entry },
    ]
  })
}

async function readSeal(path: string): Promise<SealRecord | null> {
  const text = await readOwnFile(path)
  return text === null ? null : (sealRecordSchema.safeParse(JSON.parse(text)).data ?? null)
}

/** Files that a finding names, relative to their attempt. Throws when the findings cannot be read. */
async function readCited(runPath: string): Promise<ReadonlySet<string>> {
  const text = await readOwnFile(runLayout(runPath).findings)
  if (text === null) return new Set()
  const { findings } = findingsFileSchema.parse(JSON.parse(text))
  return new Set(findings.flatMap(({ evidence }) => evidence.flatMap(({ file }) => file ?? [])))
}

async function readOwnFile(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

async function folders(path: string): Promise<string[]> {
  if (!(await isFolder(path))) return []
  const entries = await readdir(path, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

/** Of its own: a link to a folder is none. */
async function isFolder(path: string): Promise<boolean> {
  return await lstat(path).then(
    (info) => info.isDirectory(),
    () => false,
  )
}

/**
 * Removes what was planned of one run and says so in its `gc.jsonl`, before it is done: a file that is gone is always on
 * record. Returns the bytes that are free now.
 */
export async function removePlanned(
  experimentPath: string,
  run: { readonly path: string; readonly files: readonly RemovableFile[] },
  options: { readonly keep: Keep; readonly operator: string; readonly now?: () => Date },
): Promise<number> {
  if (run.files.length === 0) return 0
  {
    using record = openJsonlWriter(join(run.path, 'gc.jsonl'), { sync: true })
    const files = run.files.map(({ entry: _entry, ...file }) => file)
    const at = (options.now ?? (() => new Date()))().toISOString()
    record.append(
      removalSchema.parse({ schemaVersion: 1, at, operator: options.operator, policy: options.keep, files }),
    )
  }
  let freed = 0
  for (const { path, bytes, entry } of run.files) {
    const target = entry?.diskPath.toString('utf8') ?? join(run.path, path)
    if (!(await liesWithin(experimentPath, target))) continue
    if (entry === null) await removeTree(target.replace(/\/$/u, ''))
    else if (!(await removeListed(entry))) continue
    freed += bytes
  }
  return freed
}

/** The folder that it lies in is where its path says: no part of it has become a link. */
async function liesWithin(experimentPath: string, path: string): Promise<boolean> {
  const parent = dirname(path.replace(/\/$/u, ''))
  const root = await realpath(experimentPath)
  const real = await realpath(parent).catch(() => '')
  return real.startsWith(`${root}${sep}`) && real.slice(root.length) === parent.slice(experimentPath.length)
}

/** Only the very file that was listed. Sealed folders are read-only. */
async function removeListed(entry: TreeEntry): Promise<boolean> {
  const info = await lstat(entry.diskPath, { bigint: true }).catch(() => null)
  if (info === null || !info.isFile() || `${info.dev}:${info.ino}` !== entry.inode) return false
  const folder = dirname(entry.diskPath.toString('utf8'))
  try {
    await unlink(entry.diskPath)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    const { mode } = await handle.stat()
    await handle.close()
    await chmod(folder, 0o700)
    await unlink(entry.diskPath)
    await chmod(folder, mode)
  }
  return true
}

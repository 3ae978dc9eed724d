import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes } from '../domain/byte-size.ts'
import { removeTree } from '../lib/remove-tree.ts'
import { renderTable } from '../lib/table.ts'
import { listTree } from '../lib/untrusted-tree.ts'
import { ensureBundles } from '../setup/bundles.ts'
import { cacheFolder } from '../setup/cache-folder.ts'
import { readPythonEnvironment } from '../setup/python.ts'

/** Sandboxes hold what they were started with, for as long as the longest budget: 200 hours. */
export const cacheAgeMs = 10 * 24 * 3_600_000

interface CacheEntry {
  readonly path: string
  readonly bytes: number
  readonly state: 'in use' | 'recent' | 'unused'
}

/** Entries of the private cache that no version here uses; whatever is removed is made again when it is needed. */
export async function cleanCache(options: {
  readonly olderThanMs: number
  readonly yes: boolean
  readonly json: boolean
  readonly now?: () => number
}): Promise<string> {
  const now = (options.now ?? Date.now)()
  const entries = await listCache(now - options.olderThanMs)
  const unused = entries.filter(({ state }) => state === 'unused')
  if (options.yes) for (const { path } of unused) await removeTree(path)
  if (options.json) return JSON.stringify({ removed: options.yes, entries }, null, 2)
  const rows = entries.map(({ path, bytes, state }) => [path, formatBytes(bytes), state])
  const bytes = formatBytes(unused.reduce((sum, entry) => sum + entry.bytes, 0))
  return [
    renderTable([{ title: 'entry' }, { title: 'size', align: 'right' }, { title: 'state' }], rows),
    '',
    options.yes ? `${bytes} removed` : `${bytes} would go with --yes`,
  ].join('\n')
}

/** One folder per version and kind. Which report page is the current one is not known, so the latest is. */
async function listCache(before: number): Promise<CacheEntry[]> {
  const current = new Set([(await ensureBundles()).dir, (await readPythonEnvironment())?.path])
  const entries: CacheEntry[] = []
  for (const kind of ['bundles', 'environments', 'report-page']) {
    const folder = cacheFolder(kind)
    const names = await readdir(folder, { withFileTypes: true }).catch(() => [])
    const found = await Promise.all(
      names
        .filter((entry) => entry.isDirectory())
        .map(async ({ name }) => {
          const path = join(folder, name)
          return { path, changedAt: (await lstat(path)).mtimeMs, bytes: await sizeOf(path) }
        }),
    )
    const latest = Math.max(...found.map(({ changedAt }) => changedAt))
    for (const { path, changedAt, bytes } of found) {
      const used = current.has(path) || (kind === 'report-page' && changedAt === latest)
      entries.push({ path, bytes, state: used ? 'in use' : changedAt < before ? 'unused' : 'recent' })
    }
  }
  return entries
}

async function sizeOf(path: string): Promise<number> {
  const { entries } = await listTree(path, { entries: 2_000_000, depth: 64 })
  return entries.reduce((sum, { kind, bytes }) => sum + (kind === 'file' ? bytes : 0), 0)
}

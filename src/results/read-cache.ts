import { stat, type Stats } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { writeFileAtomic } from '../lib/atomic-file.ts'

/** What was looked at, relative to a folder, and what it was like: its `signatureOf`. */
export type Sources = readonly (readonly [path: string, signature: string])[]

/**
 * What was made of files that have not changed since: so that thousands of finished runs need not be parsed again. It is
 * derived, and nothing but time is lost with it. One that is damaged, of another version or about other files is not used.
 */
export interface ReadCache {
  readonly sheets: readonly (readonly string[])[]
  /** What was made of the files in `folder`; undefined when one of them, or the list of them, has changed. */
  find(key: string, folder: string): Promise<unknown>
  add(key: string, sources: Sources, value: unknown): void
  /** Writes what was found and added, when that differs from what was read. Never throws: it can be done without. */
  save(sheets: readonly (readonly string[])[]): Promise<void>
}

/** Raised whenever something else is made of the same files. */
const format = 1

/** A file that changed this recently may change again without showing it: clocks of file systems tick coarsely. */
const settleMs = 2_000

export async function openReadCache(
  experimentPath: string,
  /** Names everything beside the files that the values depend on. */
  fingerprint: string,
  now: () => number = Date.now,
): Promise<ReadCache> {
  const path = join(experimentPath, '.read-cache')
  const start = now()
  const { sheets, entries } = await readEntries(path, fingerprint)
  const kept = new Map<string, string>()
  let added = false
  return {
    sheets,
    async find(key, folder) {
      const entry = entries.get(key)
      if (entry === undefined || !(await areUnchanged(folder, entry.sources))) return undefined
      kept.set(key, entry.line)
      return entry.value
    },
    add(key, sources, value) {
      if (sources.some(([, signature]) => changedAt(signature) > start - settleMs)) return
      kept.set(key, JSON.stringify([key, sources, value]))
      added = true
    },
    async save(sheets) {
      if (!added) return
      const body = Buffer.from([JSON.stringify(sheets), ...kept.values()].map((line) => `${line}\n`).join(''))
      const header = `${JSON.stringify({ format, fingerprint, crc32: crc32(body) })}\n`
      await writeFileAtomic(path, Buffer.concat([Buffer.from(header), body])).catch(() => {})
    },
  }
}

interface Entry {
  readonly sources: Sources
  readonly value: unknown
  readonly line: string
}

interface Content {
  readonly sheets: readonly (readonly string[])[]
  readonly entries: ReadonlyMap<string, Entry>
}

const nothing: Content = { sheets: [], entries: new Map() }

/** The checksum proves that the lines are what `save` wrote, and so have its types. */
async function readEntries(path: string, fingerprint: string): Promise<Content> {
  try {
    const bytes = await readFile(path)
    const start = bytes.indexOf(0x0a) + 1
    const header: unknown = JSON.parse(bytes.toString('utf8', 0, start))
    const body = bytes.subarray(start)
    const expected = JSON.stringify({ format, fingerprint, crc32: crc32(body) })
    if (JSON.stringify(header) !== expected) return nothing
    let sheets: Content['sheets'] | null = null
    const entries = new Map<string, Entry>()
    for (let from = 0; from < body.length;) {
      const end = body.indexOf(0x0a, from)
      const line = body.toString('utf8', from, end)
      if (sheets === null) sheets = JSON.parse(line) as Content['sheets']
      else {
        const [key, sources, value] = JSON.parse(line) as [string, Sources, unknown]
        entries.set(key, { sources, value, line })
      }
      from = end + 1
    }
    return { sheets: sheets ?? [], entries }
  } catch {
    return nothing
  }
}

/** What tells a file from itself after a change; of a folder, also when names in it come and go. */
export function signatureOf(path: string): Promise<string> {
  return new Promise((resolve) => stat(path, (error, info) => resolve(describe(error, info))))
}

function describe(error: NodeJS.ErrnoException | null, info: Stats): string {
  return error === null ? `${info.size} ${info.mtimeMs} ${info.ctimeMs}` : (error.code ?? 'unreadable')
}

function changedAt(signature: string): number {
  const [, modified, changed] = signature.split(' ').map(Number)
  return Math.max(modified ?? 0, changed ?? 0)
}

/** With callbacks, which cost a third of promises: it is asked for every file of every run. */
function areUnchanged(folder: string, sources: Sources): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let open = sources.length
  if (open === 0) resolve(true)
  for (const [path, signature] of sources)
    stat(path === '' ? folder : `${folder}/${path}`, (error, info) => {
      if (describe(error, info) !== signature) resolve(false)
      else if (--open === 0) resolve(true)
    })
  return promise
}

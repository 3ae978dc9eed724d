import { readFreeBytes, type CacheEntry, type EntryState } from '../data/cache-entry.ts'
import { formatBytes } from '../domain/byte-size.ts'
import { BenchError } from '../domain/error.ts'
import { mapConcurrently } from '../lib/map-concurrently.ts'
import { renderTable } from '../lib/table.ts'
import { cacheFolder } from '../setup/cache-folder.ts'
import { isOffline, openHub, selectEntries, type Selection } from './cache-entries.ts'

interface PlanOptions extends Selection {
  readonly json: boolean
  readonly endpoint?: string | undefined
  readonly tokenFile?: string | undefined
}

interface Row {
  readonly entry: CacheEntry
  readonly state: EntryState
  readonly totalBytes: number | null
  /** Why it could not be downloaded now, as far as asking tells. */
  readonly obstacle: BenchError | null
}

/** Prints what is here and what a download would bring. */
export async function planCache(options: PlanOptions): Promise<void> {
  const { entries } = await selectEntries(options)
  const rows = await readRows(entries, options)
  const folder = cacheFolder()
  const freeBytes = await readFreeBytes(folder)
  const toCome = rows
    .filter(({ state }) => isToCome(state))
    .reduce((sum, { totalBytes, state }) => sum + Math.max(0, (totalBytes ?? 0) - state.bytes), 0)
  if (options.json) {
    const list = rows.map(
      ({ entry: { kind, id, title, licence, gated, optional }, state, totalBytes, obstacle }) => ({
        kind,
        id,
        title,
        licence,
        gated,
        optional,
        ...state,
        totalBytes,
        obstacle: obstacle === null ? null : { code: obstacle.code, message: obstacle.message },
      }),
    )
    console.log(JSON.stringify({ folder, freeBytes, toComeBytes: toCome, entries: list }, null, 2))
    return
  }
  console.log(renderRows(rows))
  console.log(`\n${formatBytes(toCome)} to come, ${formatBytes(freeBytes)} free in ${folder}`)
  const unknown = rows.filter(({ state, totalBytes }) => isToCome(state) && totalBytes === null).length
  if (unknown > 0) console.log(`${unknown} of unknown size are not in this`)
  const obstacles = new Map(
    rows.flatMap(({ obstacle }) => (obstacle === null ? [] : [[obstacle.message, obstacle]])),
  )
  for (const { message, remedy } of [...obstacles.values()].slice(0, 5))
    console.log(`\n${message}\n  ${remedy ?? ''}`)
}

async function readRows(entries: readonly CacheEntry[], options: PlanOptions): Promise<Row[]> {
  // opened also where it is not asked, so that a bad endpoint or token is told
  const hub = openHub({ ...options, answerMs: 15_000 })
  return mapConcurrently(entries, 4, async (entry) => {
    const state = await entry.state()
    const known = { entry, state, totalBytes: state.totalBytes, obstacle: null }
    if (!isToCome(state) || state.totalBytes !== null || isOffline()) return known
    try {
      return { ...known, totalBytes: await entry.measure(hub) }
    } catch (error) {
      if (error instanceof BenchError) return { ...known, obstacle: error }
      throw error
    }
  })
}

function isToCome({ status }: EntryState): boolean {
  return status === 'missing' || status === 'partial'
}

function renderRows(rows: readonly Row[]): string {
  return renderTable(
    [
      { title: 'name' },
      { title: 'kind' },
      { title: 'state' },
      { title: 'size', align: 'right' },
      { title: 'licence' },
    ],
    rows.map(({ entry, state, totalBytes, obstacle }) => [
      entry.id,
      entry.kind,
      `${renderState(state, totalBytes)}${obstacle === null ? '' : ` (${obstacle.code})`}`,
      totalBytes === null ? '?' : formatBytes(totalBytes),
      `${entry.licence}${entry.gated ? ' (gated)' : ''}`,
    ]),
  )
}

function renderState({ status, bytes }: EntryState, totalBytes: number | null): string {
  if (status === 'own') return 'here, not in the cache'
  if (status !== 'partial') return status
  return totalBytes === null || totalBytes === 0
    ? `partial, ${formatBytes(bytes)}`
    : `partial, ${Math.floor((100 * bytes) / totalBytes)} %`
}

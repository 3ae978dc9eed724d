import { rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Dataset, DatasetFile } from '../domain/dataset.ts'
import { BenchError } from '../domain/error.ts'
import {
  assertRoom,
  leaseDownload,
  type CacheEntry,
  type DownloadOptions,
  type Fault,
} from './cache-entry.ts'
import {
  digestOf,
  findContentFault,
  findDataset,
  listPlaces,
  sourceOf,
  type DataFolders,
  type Place,
} from './data-files.ts'
import { downloadFile, partialSuffix } from './download-file.ts'
import type { Hub, HubRepository, RemoteBytes } from './hub.ts'
import { originPath, readOrigin, writeOrigin, type Origin } from './origin.ts'
import { maxDataBytes, readRows } from './read-rows.ts'

export function createDatasetEntry(dataset: Dataset, folders: DataFolders): CacheEntry {
  const { id, title, licence, gated, optional } = dataset
  const forms = dataset.files.filter(({ hub, url }) => hub !== undefined || url !== undefined)
  const target = (file: DatasetFile): string => join(folders.cache, file.path)
  const first = forms[0] ?? dataset.files[0]

  return {
    kind: 'data',
    id,
    title,
    licence,
    gated,
    optional,
    async state() {
      const place = await findDataset(dataset, folders)
      if (place !== null) {
        const { size } = await stat(place.path)
        const status = place.folder === folders.cache ? 'here' : 'own'
        return { status, path: place.path, bytes: size, totalBytes: size, commit: commitOf(place.path) }
      }
      for (const file of forms) {
        const partial = await stat(target(file) + partialSuffix).catch(() => null)
        if (partial === null) continue
        const origin = readOrigin(originPath(target(file)))
        const totalBytes = file.bytes ?? origin?.files[0]?.bytes ?? null
        return {
          status: 'partial',
          path: target(file),
          bytes: partial.size,
          totalBytes,
          commit: origin?.commit ?? null,
        }
      }
      return {
        status: forms.length > 0 ? 'missing' : 'to supply',
        path: first === undefined ? folders.cache : target(first),
        bytes: 0,
        totalBytes: forms[0]?.bytes ?? null,
        commit: null,
      }
    },
    async measure(hub) {
      const [form] = forms
      return form === undefined
        ? null
        : (form.bytes ?? (await prepare(form, target(form), hub)).files[0]?.bytes ?? null)
    },
    async download(options) {
      if ((await findDataset(dataset, folders)) !== null) return
      if (forms.length === 0) throw createSupplyError(dataset, folders)
      using _lease = leaseDownload(folders.cache, { kind: 'data', id })
      await downloadFirst(dataset, forms, target, options)
    },
    async verify() {
      const faults: Fault[] = []
      for (const place of listPlaces(dataset, folders))
        if ((await stat(place.path).catch(() => null)) !== null)
          faults.push(...(await verifyPlace(dataset, place, folders)))
      return faults
    },
  }
}

/** The forms of a dataset are the same rows: where one cannot be had, the next one may. */
async function downloadFirst(
  dataset: Dataset,
  forms: readonly DatasetFile[],
  target: (file: DatasetFile) => string,
  options: DownloadOptions,
): Promise<void> {
  const failures: unknown[] = []
  for (const form of forms) {
    try {
      await downloadForm(dataset, form, target(form), options)
      return
    } catch (error) {
      failures.push(error)
      if (!(error instanceof BenchError) || !elsewhere.has(error.code)) break
    }
  }
  throw failures[0]
}

/** Failures of one place that say nothing about another. */
const elsewhere: ReadonlySet<string> = new Set([
  'hub/file_not_found',
  'hub/revision_not_found',
  'hub/not_found',
  'hub/unreachable',
  'data/changed',
  'data/unreadable',
])

async function downloadForm(
  dataset: Dataset,
  form: DatasetFile,
  path: string,
  { hub, progress, retry, stallMs }: DownloadOptions,
): Promise<void> {
  const origin = await prepare(form, path, hub)
  // bytes of another source are no beginning of this one
  if (readOrigin(originPath(path))?.source !== origin.source) await rm(path + partialSuffix, { force: true })
  const [remote] = origin.files
  if (remote === undefined) throw new Error('an origin of no file')
  const here = (await stat(path + partialSuffix).catch(() => null))?.size ?? 0
  await assertRoom(dirname(path), Math.max(0, (remote.bytes ?? 0) - here))
  await writeOrigin(originPath(path), origin)
  progress.begin(remote.bytes, here)
  await downloadFile({
    name: dataset.id,
    open: (start, signal) => openForm(form, origin, hub, start, signal),
    path,
    bytes: remote.bytes,
    digest: remote.digest,
    maxBytes: maxDataBytes,
    onBytes: (count) => progress.add(count),
    accept: async (partial) => void (await readRows(dataset, form, partial)),
    ...(retry === undefined ? {} : { retry }),
    ...(stallMs === undefined ? {} : { stallMs }),
  })
  progress.file(form.path)
}

/** What is to be downloaded: as it was begun, else as the catalogue and the hub say now. */
async function prepare(form: DatasetFile, path: string, hub: Hub): Promise<Origin> {
  const source = sourceOf(form)
  const begun = readOrigin(originPath(path))
  if (begun?.source === source) return begun
  const known = form.sha256 === undefined ? null : digestOf(form.sha256)
  if (form.hub === undefined) {
    if (known === null) throw new Error('the schema demands a hash where there is a url')
    return { source, commit: null, files: [{ path: form.path, bytes: form.bytes ?? null, digest: known }] }
  }
  const repository = repositoryOf(form.hub.repository)
  const commit = await hub.resolve(repository, form.hub.revision)
  const wanted = form.hub.path
  const folder = wanted.split('/').slice(0, -1).join('/')
  const remote = (await hub.list(repository, commit, folder)).find((entry) => entry.path === wanted)
  if (remote === undefined)
    throw new BenchError(`${form.hub.repository} has no file ${wanted} at ${form.hub.revision}`, {
      code: 'hub/file_not_found',
      kind: 'environment',
      remedy: 'Compare the path in the catalogue with the files of the repository.',
    })
  if (remote.bytes > maxDataBytes)
    throw new BenchError(`${form.hub.repository}/${wanted} is larger than data of a benchmark can be`, {
      code: 'data/wrong_size',
      kind: 'environment',
      remedy: 'Compare the entry of the catalogue with the repository.',
    })
  return {
    source,
    commit,
    files: [{ path: wanted, bytes: form.bytes ?? remote.bytes, digest: known ?? remote.digest }],
  }
}

function repositoryOf(name: string): HubRepository {
  return { type: 'dataset', name }
}

function openForm(
  form: DatasetFile,
  origin: Origin,
  hub: Hub,
  start: number,
  signal: AbortSignal,
): Promise<RemoteBytes> {
  if (form.hub === undefined || origin.commit === null) return hub.openUrl(form.url ?? '', start, signal)
  return hub.open(repositoryOf(form.hub.repository), origin.commit, form.hub.path, start, signal)
}

function commitOf(path: string): string | null {
  return readOrigin(originPath(path))?.commit ?? null
}

async function verifyPlace(
  dataset: Dataset,
  { path, file, folder }: Place,
  folders: DataFolders,
): Promise<Fault[]> {
  const isOurs = folder === folders.cache
  const remedy = isOurs
    ? `rm ${path} && ptb cache download ${dataset.id}`
    : 'Put the right file there, or name another folder with --data.'
  const problem = await findContentFault({ path, file, folder }, folders.cache)
  if (problem !== null) return [{ path, problem, remedy }]
  try {
    await readRows(dataset, file, path)
    return []
  } catch (error) {
    if (error instanceof BenchError) return [{ path, problem: error.message, remedy }]
    throw error
  }
}

function createSupplyError(dataset: Dataset, folders: DataFolders): BenchError {
  const paths = dataset.files.map(({ path }) => path).join(' or ')
  return new BenchError(`the data "${dataset.id}" (${dataset.title}) has to be supplied`, {
    code: 'data/to_supply',
    kind: 'environment',
    remedy: `Put ${paths} into ${folders.own ?? folders.cache}. ${dataset.note ?? ''}`.trim(),
  })
}

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dataset, DatasetFile } from '../domain/dataset.ts'
import { BenchError } from '../domain/error.ts'
import type { DataFiles } from '../domain/scoring.ts'
import { closest } from '../lib/closest.ts'
import { digestLike, type Digest } from './digest.ts'
import { originPath, readOrigin } from './origin.ts'
import { readRows } from './read-rows.ts'

/** Where data lies. The operator's own folder comes first, for each dataset by itself. */
export interface DataFolders {
  readonly own: string | null
  readonly cache: string
}

export interface DataOptions {
  datasets(): Promise<readonly Dataset[]>
  readonly folders: DataFolders
}

/** The benchmark data on this machine. Nothing is downloaded here; without options there is none. */
export function createDataFiles(options?: DataOptions): DataFiles {
  async function locate(id: string): Promise<{ dataset: Dataset; place: Place | null }> {
    const known = (await options?.datasets()) ?? []
    const dataset = known.find((candidate) => candidate.id === id)
    if (dataset === undefined || options === undefined) throw createUnknownError(id, known)
    if (options.folders.own !== null) await assertDataFolder(options.folders.own)
    return { dataset, place: await findDataset(dataset, options.folders) }
  }

  async function open(id: string): Promise<{ dataset: Dataset; place: Place }> {
    const { dataset, place } = await locate(id)
    if (place === null || options === undefined) throw createMissingError(dataset)
    const fault = await findContentFault(place, options.folders.cache)
    if (fault !== null) throw createChangedError(dataset, place.path, fault)
    return { dataset, place }
  }

  return {
    path: async (id) => (await open(id)).place.path,
    rows: async (id) => {
      const { dataset, place } = await open(id)
      return readRows(dataset, place.file, place.path)
    },
    has: async (id) => (await locate(id)).place !== null,
  }
}

/** A form of a dataset in one of the folders. */
export interface Place {
  readonly folder: string
  readonly file: DatasetFile
  readonly path: string
}

/** Where a dataset may lie, in the order in which it is looked for. */
export function listPlaces(dataset: Dataset, { own, cache }: DataFolders): Place[] {
  return (own === null ? [cache] : [own, cache]).flatMap((folder) =>
    dataset.files.map((file) => ({ folder, file, path: join(folder, file.path) })),
  )
}

export async function findDataset(dataset: Dataset, folders: DataFolders): Promise<Place | null> {
  for (const place of listPlaces(dataset, folders))
    if ((await stat(place.path).catch(() => null))?.isFile() === true) return place
  return null
}

/** What is wrong with a file by its hash: the catalogue's, else the one that its download was announced with. */
export async function findContentFault({ file, folder, path }: Place, cache: string): Promise<string | null> {
  const origin = folder === cache ? readOrigin(originPath(path)) : null
  if (file.sha256 === undefined && origin !== null && origin.source !== sourceOf(file))
    return 'it was downloaded from another place than the catalogue names now'
  const digest = file.sha256 === undefined ? (origin?.files[0]?.digest ?? null) : digestOf(file.sha256)
  if (digest === null || (await digestLike(path, digest)) === digest) return null
  return 'its content has changed: the hash differs'
}

/** As `Origin.source` has it. */
export function sourceOf({ hub, url }: DatasetFile): string {
  return hub === undefined ? (url ?? '') : `${hub.repository}@${hub.revision}`
}

export function digestOf(sha256: string): Digest {
  return `sha256:${sha256}`
}

export async function assertDataFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => null))?.isDirectory() === true) return
  throw new BenchError(`the folder of data ${path} is not there`, {
    code: 'data/no_folder',
    kind: 'environment',
    remedy: 'Correct PTB_DATA, --data or `data` in the config; without them data comes from the cache.',
  })
}

function createUnknownError(id: string, known: readonly Dataset[]): BenchError {
  const ids = known.map((dataset) => dataset.id)
  const near = closest(id, ids)
  return new BenchError(`there is no data "${id}" in the catalogue`, {
    code: 'catalog/unknown_dataset',
    kind: 'usage',
    remedy: near === undefined ? `Known: ${ids.join(', ')}.` : `Did you mean "${near}"?`,
  })
}

function createChangedError(dataset: Dataset, path: string, fault: string): BenchError {
  return new BenchError(`${path} is not the data "${dataset.id}" that the catalogue names: ${fault}`, {
    code: 'data/changed',
    kind: 'environment',
    remedy: `Remove it and run \`ptb cache download ${dataset.id}\`, or put the right file in its place.`,
  })
}

function createMissingError(dataset: Dataset): BenchError {
  const canDownload = dataset.files.some(({ hub, url }) => hub !== undefined || url !== undefined)
  return new BenchError(`the data "${dataset.id}" (${dataset.title}) is not on this machine`, {
    code: 'data/missing',
    kind: 'environment',
    remedy: canDownload
      ? `ptb cache download ${dataset.id}${dataset.gated ? ' (gated: its terms have to be accepted first)' : ''}`
      : `Put ${dataset.files.map(({ path }) => path).join(' or ')} into a folder, and name the folder with PTB_DATA.`,
  })
}

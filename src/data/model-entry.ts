import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Model } from '../domain/catalog.ts'
import type { HubPlace } from '../domain/dataset.ts'
import { BenchError } from '../domain/error.ts'
import { mapConcurrently } from '../lib/map-concurrently.ts'
import {
  assertRoom,
  leaseDownload,
  type CacheEntry,
  type DownloadOptions,
  type Fault,
} from './cache-entry.ts'
import { digestLike } from './digest.ts'
import { downloadFile, partialSuffix } from './download-file.ts'
import type { Hub, HubRepository, RemoteFile } from './hub.ts'
import { readOrigin, writeOrigin, type Origin } from './origin.ts'

/** Connections at a time: weights come in several files. */
const connections = 3
const maxModelBytes = 512 * 1024 ** 3

export interface ModelPlaces {
  /** Folder of all downloaded models. */
  readonly cache: string
  /** Folder of a model that is no download. */
  readonly builtIn: string | null
}

/** Absolute folder of a model that was downloaded whole, from where the catalogue says; else null. */
export function findCachedModel(cache: string, model: Model): string | null {
  if (model.hub === undefined) return null
  const origin = readOrigin(join(cache, model.id, 'origin.json'))
  if (origin === null || origin.commit === null || origin.source !== sourceOf(model.hub)) return null
  const path = join(cache, model.id, origin.commit)
  return existsSync(path) ? path : null
}

export function createModelEntry(model: Model, { cache, builtIn }: ModelPlaces): CacheEntry {
  const { id, title, gated, hub: place } = model
  const home = join(cache, id)
  const originFile = join(home, 'origin.json')
  /** As it was begun, if that was from the same place. */
  const readBegun = (): Origin | null => {
    const origin = readOrigin(originFile)
    return place !== undefined && origin?.source === sourceOf(place) ? origin : null
  }

  return {
    kind: 'model',
    id,
    title,
    licence: model.licence ?? 'part of ptb',
    gated,
    optional: false,
    async state() {
      if (builtIn !== null) {
        const bytes = await sumFiles(builtIn)
        return { status: 'own', path: builtIn, bytes, totalBytes: bytes, commit: null }
      }
      const origin = readBegun()
      const whole = findCachedModel(cache, model)
      const totalBytes = origin === null ? null : sumBytes(origin)
      if (whole !== null)
        return {
          status: 'here',
          path: whole,
          bytes: await sumFiles(whole),
          totalBytes,
          commit: origin?.commit ?? null,
        }
      const path = join(home, origin?.commit ?? place?.revision ?? '')
      const bytes = origin === null ? 0 : await sumFiles(path + partialSuffix)
      return {
        status: origin === null ? 'missing' : 'partial',
        path,
        bytes,
        totalBytes,
        commit: origin?.commit ?? null,
      }
    },
    async measure(hub) {
      return place === undefined ? 0 : sumBytes(readBegun() ?? (await prepare(id, place, hub)))
    },
    async download(options) {
      if (place === undefined || findCachedModel(cache, model) !== null) return
      using _lease = leaseDownload(cache, { kind: 'model', id })
      const origin = readBegun() ?? (await prepare(id, place, options.hub))
      await writeOrigin(originFile, origin)
      await downloadFiles(repositoryOf(place), origin, join(home, origin.commit ?? ''), options)
    },
    async verify() {
      const path = findCachedModel(cache, model)
      const origin = readBegun()
      return path === null || origin === null ? [] : verifyFolder(id, path, origin)
    },
  }
}

/** The files of a checkpoint: no code, nothing in folders, and weights as safetensors alone. */
async function prepare(id: string, place: HubPlace, hub: Hub): Promise<Origin> {
  const repository = repositoryOf(place)
  const commit = await hub.resolve(repository, place.revision)
  const files = (await hub.list(repository, commit, '')).filter(({ path }) => isCheckpointFile(path))
  const unfit = findUnfitness(files)
  if (unfit === null) return { source: sourceOf(place), commit, files }
  throw new BenchError(`${place.repository} at ${place.revision}: ${unfit}`, {
    code: 'hub/no_checkpoint',
    kind: 'environment',
    remedy: `Compare the entry of "${id}" in the catalogue with the repository.`,
  })
}

function isCheckpointFile(path: string): boolean {
  return /^[\w.-]+\.(safetensors|json|jinja|txt|model)$/.test(path) || /^(LICENSE|NOTICE)[\w.-]*$/.test(path)
}

function findUnfitness(files: readonly RemoteFile[]): string | null {
  if (!files.some(({ path }) => path === 'config.json')) return 'it has no config.json'
  if (!files.some(({ path }) => path.endsWith('.safetensors'))) return 'it has no weights as safetensors'
  if (files.reduce((sum, { bytes }) => sum + bytes, 0) > maxModelBytes) return 'it is larger than 512 GiB'
  return null
}

/** Into a folder beside, which takes its name when every file is whole and verified. */
async function downloadFiles(
  repository: HubRepository,
  origin: Origin,
  path: string,
  { hub, progress, retry, stallMs }: DownloadOptions,
): Promise<void> {
  const folder = path + partialSuffix
  await mkdir(folder, { recursive: true })
  const total = sumBytes(origin)
  const here = await sumFiles(folder)
  await assertRoom(folder, Math.max(0, total - here))
  progress.begin(total, here)
  const missing = origin.files.filter((file) => !existsSync(join(folder, file.path)))
  await mapConcurrently(missing, connections, async (file) => {
    await downloadFile({
      name: `${repository.name}/${file.path}`,
      open: (start, signal) => hub.open(repository, origin.commit ?? '', file.path, start, signal),
      path: join(folder, file.path),
      bytes: file.bytes,
      digest: file.digest,
      maxBytes: maxModelBytes,
      onBytes: (count) => progress.add(count),
      ...(retry === undefined ? {} : { retry }),
      ...(stallMs === undefined ? {} : { stallMs }),
    })
    progress.file(file.path)
  })
  await rename(folder, path)
}

async function verifyFolder(id: string, path: string, origin: Origin): Promise<Fault[]> {
  const remedy = `rm -r ${path} && ptb cache download ${id}`
  const faults: Fault[] = []
  for (const file of origin.files) {
    const at = join(path, file.path)
    if (!existsSync(at)) faults.push({ path: at, problem: 'it is missing', remedy })
    else if ((await digestLike(at, file.digest)) !== file.digest)
      faults.push({ path: at, problem: 'its content has changed: the hash differs', remedy })
  }
  const known = new Set(origin.files.map((file) => file.path))
  for (const name of await readdir(path))
    if (!known.has(name))
      faults.push({ path: join(path, name), problem: 'it was not downloaded', remedy: 'Remove it.' })
  return faults
}

function sourceOf({ repository, revision }: HubPlace): string {
  return `${repository}@${revision}`
}

function repositoryOf({ repository }: HubPlace): HubRepository {
  return { type: 'model', name: repository }
}

function sumBytes({ files }: Origin): number {
  return files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
}

/** Of a folder without folders in it; 0 when it is not there. */
async function sumFiles(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

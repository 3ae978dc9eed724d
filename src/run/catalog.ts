import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import * as z from 'zod'
import { modelsFileSchema, type Model } from '../domain/catalog.ts'
import { datasetsFileSchema, type Dataset } from '../domain/dataset.ts'
import { BenchError } from '../domain/error.ts'
import { policySchema, type Policy } from '../domain/policy.ts'
import { protocolSchema, type Protocol } from '../domain/protocol.ts'
import { pricesFileSchema, type Price } from '../domain/prices.ts'
import { triageFileSchema, type TriageRule } from '../domain/triage.ts'
import { hashJson } from '../lib/hash.ts'

/** The data in `catalog/`, and in a user's folder like it: what can be named in an experiment file. Unknown names throw with the known ones. */
export interface Catalog {
  readonly models: readonly Model[]
  readonly protocols: readonly Protocol[]
  model(id: string): Model
  /** Absolute folder of a model; throws when it has to be downloaded first. */
  modelPath(id: string): string
  readonly datasets: readonly Dataset[]
  dataset(id: string): Dataset
  protocol(id: string): Protocol
  /** Absolute. */
  protocolFile(id: string): string
  protocolHash(id: string): string
  policy(id: string): Policy
  policyHash(id: string): string
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Absolute folder of a model of the hub, null where it is not on this machine. */
type FindDownload = (model: Model) => string | null

/** Entries of a user's own folder stand beside ours; none replaces another. */
export async function readCatalog(
  folder = join(root, 'catalog'),
  own: string | null = null,
  findDownload: FindDownload = () => null,
): Promise<Catalog> {
  const folders = own === null ? [folder] : [folder, own]
  const models = await readList(
    'model',
    'models.yaml',
    folders,
    async (file) => (await readYaml(file, modelsFileSchema)).models,
  )
  const datasets = await readList(
    'dataset',
    'datasets.yaml',
    folders,
    async (file) => (await readYaml(file, datasetsFileSchema)).datasets,
  )
  const protocols = await readAll('protocol', 'protocols', folders, protocolSchema)
  const policies = await readAll('policy', 'policies', folders, policySchema)
  const protocol = (id: string): Protocol => find('protocol', protocols, id).content
  const policy = (id: string): Policy => find('policy', policies, id).content
  return {
    models: models.map(({ content }) => content),
    protocols: protocols.map(({ content }) => content),
    model: (id) => find('model', models, id).content,
    modelPath: (id) => {
      const { content, file } = find('model', models, id)
      if (content.path !== undefined) return join(dirname(file), '..', content.path)
      const path = findDownload(content)
      if (path !== null) return path
      throw new BenchError(`the model "${id}" is not on this machine`, {
        code: 'catalog/model_missing',
        kind: 'environment',
        remedy: `ptb cache download ${id}`,
      })
    },
    datasets: datasets.map(({ content }) => content),
    dataset: (id) => find('dataset', datasets, id).content,
    protocol,
    protocolFile: (id) => find('protocol', protocols, id).file,
    protocolHash: (id) => hashJson(protocol(id)),
    policy,
    policyHash: (id) => hashJson(policy(id)),
  }
}

/** What tokens cost, dated. */
export async function readPrices(path = join(root, 'catalog', 'prices.yaml')): Promise<Price[]> {
  return (await readYaml(path, pricesFileSchema)).prices
}

/** Of all experiments: what became of a run needs no config to be understood. */
export async function readTriageRules(path = join(root, 'catalog', 'triage.yaml')): Promise<TriageRule[]> {
  return (await readYaml(path, triageFileSchema)).rules
}

export function readProtocolFile(path: string): Promise<Protocol> {
  return readYaml(path, protocolSchema)
}

interface Entry<T> {
  readonly file: string
  readonly content: T
}

/** A file that lists entries; a user's folder may be without it. */
async function readList<T extends { readonly id: string }>(
  kind: string,
  name: string,
  folders: readonly string[],
  read: (file: string) => Promise<readonly T[]>,
): Promise<Entry<T>[]> {
  const entries: Entry<T>[] = []
  for (const folder of folders) {
    const file = join(folder, name)
    if (existsSync(file)) entries.push(...(await read(file)).map((content) => ({ file, content })))
  }
  return assertDistinct(kind, entries)
}

async function readAll<T extends { readonly id: string }>(
  kind: string,
  name: string,
  folders: readonly string[],
  schema: z.ZodType<T>,
): Promise<Entry<T>[]> {
  const entries: Entry<T>[] = []
  for (const [index, folder] of folders.entries()) {
    const path = join(folder, name)
    if (index > 0 && !existsSync(path)) continue
    const files = (await readdir(path)).filter((entry) => entry.endsWith('.yaml')).sort()
    for (const entry of files)
      entries.push({ file: join(path, entry), content: await readYaml(join(path, entry), schema) })
  }
  return assertDistinct(kind, entries)
}

function assertDistinct<T extends { readonly id: string }>(
  kind: string,
  entries: readonly Entry<T>[],
): Entry<T>[] {
  for (const files of Map.groupBy(entries, ({ content }) => content.id).values()) {
    const [first, second] = files
    if (first !== undefined && second !== undefined)
      throw new BenchError(
        `the ${kind} "${first.content.id}" is there twice: in ${first.file} and in ${second.file}`,
        { code: 'catalog/duplicate', kind: 'usage', remedy: 'Give yours an id of its own.' },
      )
  }
  return [...entries]
}

async function readYaml<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let content: unknown
  try {
    content = parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error))
  }
  const parsed = schema.safeParse(content)
  if (parsed.success) return parsed.data
  throw invalid(path, z.prettifyError(parsed.error))
}

function invalid(path: string, why: string): BenchError {
  return new BenchError(`${path} is not a valid catalogue file:\n${why.trim()}`, {
    code: 'catalog/invalid',
    kind: 'usage',
    remedy: 'Correct the file, or restore the one that came with ptb.',
  })
}

function find<T extends { readonly id: string }>(
  kind: string,
  entries: readonly Entry<T>[],
  id: string,
): Entry<T> {
  const entry = entries.find(({ content }) => content.id === id)
  if (entry !== undefined) return entry
  throw new BenchError(`there is no ${kind} "${id}" in the catalogue`, {
    code: `catalog/unknown_${kind}`,
    kind: 'usage',
    remedy: `Known: ${entries.map(({ content }) => content.id).join(', ')}.`,
  })
}

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import * as z from 'zod'
import { modelsFileSchema, type Model } from '../domain/catalog.ts'
import { BenchError } from '../domain/error.ts'
import { policySchema, type Policy } from '../domain/policy.ts'
import { protocolSchema, type Protocol } from '../domain/protocol.ts'
import { hashJson } from '../lib/hash.ts'

/** The data in `catalog/`: what can be named in an experiment file. Unknown names throw with the known ones. */
export interface Catalog {
  readonly models: readonly Model[]
  readonly protocols: readonly Protocol[]
  model(id: string): Model
  /** Absolute folder of a model. */
  modelPath(id: string): string
  protocol(id: string): Protocol
  protocolHash(id: string): string
  policy(id: string): Policy
  policyHash(id: string): string
}

const root = fileURLToPath(new URL('../../', import.meta.url))

export async function readCatalog(folder = join(root, 'catalog')): Promise<Catalog> {
  const { models } = await readYaml(join(folder, 'models.yaml'), modelsFileSchema)
  const protocols = await readAll(join(folder, 'protocols'), protocolSchema)
  const policies = await readAll(join(folder, 'policies'), policySchema)
  const model = (id: string): Model => find('model', models, id)
  const protocol = (id: string): Protocol => find('protocol', protocols, id)
  const policy = (id: string): Policy => find('policy', policies, id)
  return {
    models,
    protocols,
    model,
    modelPath: (id) => join(folder, '..', model(id).path),
    protocol,
    protocolHash: (id) => hashJson(protocol(id)),
    policy,
    policyHash: (id) => hashJson(policy(id)),
  }
}

async function readAll<T>(folder: string, schema: z.ZodType<T>): Promise<T[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort()
  return Promise.all(names.map((name) => readYaml(join(folder, name), schema)))
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

function find<T extends { readonly id: string }>(kind: string, entries: readonly T[], id: string): T {
  const entry = entries.find((candidate) => candidate.id === id)
  if (entry !== undefined) return entry
  throw new BenchError(`there is no ${kind} "${id}" in the catalogue`, {
    code: `catalog/unknown_${kind}`,
    kind: 'usage',
    remedy: `Known: ${entries.map((candidate) => candidate.id).join(', ')}.`,
  })
}

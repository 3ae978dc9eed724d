import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { countingProtocol } from '../../test/fakes/benchmark.ts'
import { readCatalog } from './catalog.ts'

const [without, withModels] = [await readCatalog(), await readCatalog(undefined, null, () => '/models/here')]
const catalogOf = (path: string | null) => (path === null ? without : withModels)

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptb-catalog-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function write(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), JSON.stringify(content))
}

it('joins a folder of the user’s to ours, each model relative to its own', async () => {
  await write('own/catalog/protocols/a.yaml', countingProtocol)
  await write('own/catalog/policies/strict.yaml', { id: 'strict', rules: [] })
  await write('own/catalog/models.yaml', {
    models: [{ id: 'mine', title: 'Mine', role: 'base', path: 'models/mine', parameters: 1 }],
  })
  const catalog = await readCatalog(undefined, join(folder, 'own', 'catalog'))
  expect(catalog.protocols.map(({ id }) => id)).toEqual(expect.arrayContaining(['nano-v1', 'counting-v1']))
  expect(catalog.protocolFile('counting-v1')).toBe(join(folder, 'own/catalog/protocols/a.yaml'))
  expect(catalog.policy('strict').rules).toEqual([])
  expect(catalog.modelPath('mine')).toBe(join(folder, 'own/models/mine'))
  expect(catalog.modelPath('nano-base')).toMatch(/\/nano\/models\/nano-base$/)
})

it('says how to get a model of the hub that is not on this machine', async () => {
  expect(() => catalogOf(null).modelPath('qwen3-4b-base')).toThrow(
    expect.objectContaining({ code: 'catalog/model_missing', remedy: 'ptb cache download qwen3-4b-base' }),
  )
  expect(catalogOf('/models/here').modelPath('qwen3-4b-base')).toBe('/models/here')
})

it('pins every model of the hub to a commit, and gives each base model its sibling', () => {
  const { models } = catalogOf(null)
  const bases = models.filter(({ hub, role }) => hub !== undefined && role === 'base')
  expect(bases).toHaveLength(4)
  for (const base of bases) expect(models.filter((model) => model.base === base.id)).toHaveLength(1)
  for (const { hub } of models) expect(hub?.revision ?? '0'.repeat(40)).toMatch(/^[0-9a-f]{40}$/)
})

it.each([
  [{ path: 'x', hub: { repository: 'a/b', revision: 'main' } }, 'either path or hub'],
  [{}, 'either path or hub'],
  [{ hub: { repository: 'a/../b', revision: 'main' } }, 'owner/name'],
  [{ path: 'x', id: '../x' }, 'use letters'],
])('refuses a model with %j', async (more, message) => {
  await write('models.yaml', { models: [{ id: 'x', title: 'x', role: 'base', parameters: 1, ...more }] })
  await expect(readCatalog(undefined, folder)).rejects.toThrow(message)
})

it.each([
  [{ path: '../x', format: 'json' }, 'relative path'],
  [{ path: 'x', format: 'json', url: 'https://x.example/x' }, 'needs its sha256'],
])('refuses data in %j', async (file, message) => {
  const dataset = { id: 'x', title: 'x', benchmarks: [], licence: 'x', redistributable: true }
  await write('datasets.yaml', { datasets: [{ ...dataset, rows: { columns: ['a'] }, files: [file] }] })
  await expect(readCatalog(undefined, folder)).rejects.toThrow(message)
})

it('takes a folder that has one kind only', async () => {
  await write('protocols/a.yaml', countingProtocol)
  expect((await readCatalog(undefined, folder)).protocol('counting-v1')).toEqual(countingProtocol)
})

it.each([
  ['protocols/x.yaml', { ...countingProtocol, id: 'nano-v1' }, 'the protocol "nano-v1" is there twice'],
  ['policies/x.yaml', { id: 'default', rules: [] }, 'the policy "default" is there twice'],
  [
    'models.yaml',
    { models: [{ id: 'nano-base', title: 'x', role: 'base', path: 'x', parameters: 1 }] },
    'the model "nano-base" is there twice',
  ],
])('replaces nothing of ours: %s', async (path, content, message) => {
  await write(path, content)
  const reading = readCatalog(undefined, folder)
  await expect(reading).rejects.toThrow(message)
  await expect(reading).rejects.toThrow(join(folder, path))
})

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { countingProtocol } from '../../test/fakes/benchmark.ts'
import { readCatalog } from './catalog.ts'

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
  expect(catalog.protocols.map(({ id }) => id)).toEqual(['nano-v1', 'counting-v1'])
  expect(catalog.protocolFile('counting-v1')).toBe(join(folder, 'own/catalog/protocols/a.yaml'))
  expect(catalog.policy('strict').rules).toEqual([])
  expect(catalog.modelPath('mine')).toBe(join(folder, 'own/models/mine'))
  expect(catalog.modelPath('nano-base')).toMatch(/\/nano\/models\/nano-base$/)
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

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { countingProtocol } from '../../test/fakes/benchmark.ts'
import { createOwnFolder } from '../../test/fixtures/own-folder.ts'
import { readCatalog } from '../run/catalog.ts'
import { readRecordedProtocol, recordProtocol } from './recorded-protocol.ts'

it('is read as it was recorded, without the catalogue that it came from', async () => {
  await using own = await createOwnFolder()
  const id = '../mine/v1'
  const catalogPath = join(own.path, 'catalog')
  await mkdir(join(catalogPath, 'protocols'), { recursive: true })
  const text = `# mine\n${JSON.stringify({ ...countingProtocol, id })}\n`
  await writeFile(join(catalogPath, 'protocols', 'mine.yaml'), text)
  const [other, experiment] = [join(own.path, 'results/other'), join(own.path, 'results/mine')]
  await recordProtocol(experiment, await readCatalog(undefined, catalogPath), id)
  expect(await readRecordedProtocol([other, experiment], id)).toEqual({
    protocol: { ...countingProtocol, id },
    text,
  })
})

it('is the catalogue’s where none was recorded', async () => {
  const { protocol, text } = await readRecordedProtocol(['/nowhere'], 'nano-v1')
  expect(protocol.id).toBe('nano-v1')
  expect(text).toContain('# Rules of scoring')
})

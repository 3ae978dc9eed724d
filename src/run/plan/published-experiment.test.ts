import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { benchmarks } from '../../benchmarks/registry.ts'
import { experimentSchema } from '../../domain/experiment.ts'
import { engines } from '../../engines/registry.ts'
import { readCatalog } from '../catalog.ts'

const file = join(import.meta.dirname, '../../../experiments/posttrainbench.yaml')
const experiment = experimentSchema.parse(parse(await readFile(file, 'utf8')))

it('the published experiment has 28 cells of models and benchmarks that we have', async () => {
  const catalog = await readCatalog()
  const protocol = catalog.protocol(experiment.protocol)
  const names = experiment.benchmarks ?? protocol.benchmarks
  expect(experiment.baseModels.length * names.length).toBe(28)
  expect(benchmarks.map(({ id }) => id)).toEqual(expect.arrayContaining([...names]))
  for (const id of experiment.baseModels) expect(catalog.model(id).role).toBe('base')
  expect(engines.map(({ id }) => id)).toContain(experiment.engine)
})

it('each of its base models has an instruct sibling', async () => {
  const { models } = await readCatalog()
  for (const id of experiment.baseModels)
    expect(models.filter(({ base, role }) => base === id && role === 'instruct')).toHaveLength(1)
})

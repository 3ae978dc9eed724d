import { join } from 'node:path'
import type { CacheEntry } from '../data/cache-entry.ts'
import { assertDataFolder } from '../data/data-files.ts'
import { createDatasetEntry } from '../data/dataset-entry.ts'
import { createHub, type Hub } from '../data/hub.ts'
import { readHubToken } from '../data/hub-token.ts'
import { createModelEntry } from '../data/model-entry.ts'
import { BenchError } from '../domain/error.ts'
import { closest } from '../lib/closest.ts'
import type { Catalog } from '../run/catalog.ts'
import type { Harness } from '../run/harness.ts'
import { readExperimentFile } from '../run/plan/experiment-file.ts'
import { cacheFolder } from '../setup/cache-folder.ts'
import { openConfig } from './config/load-config.ts'
import { createHarness } from './harness.ts'
import { knownNames } from './known-names.ts'
import { locateData } from './locate-data.ts'

export interface Selection {
  readonly ids: readonly string[]
  readonly experiment?: string | undefined
  readonly all: boolean
  readonly data?: string | undefined
  readonly config?: string | undefined
}

/** What the command line names; null stands for nothing named. */
export async function selectEntries(
  selection: Selection,
): Promise<{ entries: CacheEntry[]; named: boolean }> {
  const config = await openConfig({
    near: selection.experiment ?? join(process.cwd(), 'x'),
    config: selection.config,
  })
  const harness = createHarness(config)
  const catalog = await harness.catalog()
  const folders = locateData(config, selection.data)
  if (folders.own !== null) await assertDataFolder(folders.own)
  const all = [
    ...catalog.datasets.map((dataset) => createDatasetEntry(dataset, folders)),
    ...catalog.models.map((model) =>
      createModelEntry(model, {
        cache: cacheFolder('models'),
        builtIn: model.path === undefined ? null : catalog.modelPath(model.id),
      }),
    ),
  ]
  const wanted = new Set(selection.ids)
  if (selection.experiment !== undefined)
    for (const id of await listNeeds(selection.experiment, harness, catalog)) wanted.add(id)
  const unknown = [...wanted].find((id) => !all.some((entry) => entry.id === id))
  if (unknown !== undefined) throw createUnknownError(unknown, all)
  const named = wanted.size > 0 && !selection.all
  return { entries: named ? all.filter(({ id }) => wanted.has(id)) : all, named: named || selection.all }
}

/** Data of the benchmarks, base models, and the siblings that submissions are compared with. */
async function listNeeds(file: string, harness: Harness, catalog: Catalog): Promise<string[]> {
  const { experiment } = await readExperimentFile(file, knownNames(harness, catalog))
  const benchmarks = experiment.benchmarks ?? catalog.protocol(experiment.protocol).benchmarks
  const siblings = catalog.models.filter(
    ({ base }) => base !== undefined && experiment.baseModels.includes(base),
  )
  return [
    ...benchmarks.flatMap(
      (id) => harness.benchmarks.find((benchmark) => benchmark.id === id)?.datasets ?? [],
    ),
    ...experiment.baseModels,
    ...siblings.map(({ id }) => id),
  ]
}

export function openHub(options: {
  readonly endpoint?: string | undefined
  readonly tokenFile?: string | undefined
  readonly answerMs?: number
}): Hub {
  const endpoint = options.endpoint ?? (process.env['HF_ENDPOINT'] || undefined)
  return createHub({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(options.answerMs === undefined ? {} : { answerMs: options.answerMs }),
    token: readHubToken({ file: options.tokenFile }),
    offline: isOffline(),
  })
}

/** As the hub's own tools read it. */
export function isOffline(): boolean {
  return /^(1|on|yes|true)$/i.test(process.env['HF_HUB_OFFLINE'] ?? '')
}

function createUnknownError(id: string, entries: readonly CacheEntry[]): BenchError {
  const ids = entries.map((entry) => entry.id)
  const near = closest(id, ids)
  return new BenchError(`there is no data or model "${id}" in the catalogue`, {
    code: 'catalog/unknown_name',
    kind: 'usage',
    remedy: near === undefined ? `Known: ${ids.join(', ')}.` : `Did you mean "${near}"?`,
  })
}

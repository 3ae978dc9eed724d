import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { agents } from '../agents/registry.ts'
import { createTrajectoryReader } from '../agents/trajectory-reader.ts'
import { findTrajectoryFormat } from '../agents/trajectory-registry.ts'
import { benchmarks } from '../benchmarks/registry.ts'
import { createDataFiles } from '../data/data-files.ts'
import { findCachedModel } from '../data/model-entry.ts'
import { BenchError } from '../domain/error.ts'
import { engines } from '../engines/registry.ts'
import { detectors } from '../integrity/detectors/registry.ts'
import { readCatalog, type Catalog } from '../run/catalog.ts'
import type { Harness } from '../run/harness.ts'
import { sandboxes } from '../sandboxes/registry.ts'
import { ensureBundles } from '../setup/bundles.ts'
import { cacheFolder } from '../setup/cache-folder.ts'
import { ensurePythonEnvironment } from '../setup/python.ts'
import type { LoadedConfig } from './config/load-config.ts'
import { readJudgeAccess } from './judge-access.ts'
import { locateData } from './locate-data.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The composition root: the only place that brings all leaves together, ours and those of a user's config. */
export function createHarness(loaded: LoadedConfig | null = null): Harness {
  const own = loaded?.config ?? {}
  const catalog = (): Promise<Catalog> =>
    readCatalog(undefined, loaded?.catalogPath, (model) => findCachedModel(cacheFolder('models'), model))
  return {
    version: harnessVersion(),
    ptb: [process.execPath, `${root}bin/ptb.mjs`],
    agents: join('agent', agents, own.agents),
    benchmarks: join('benchmark', benchmarks, own.benchmarks),
    engines: join('engine', engines, own.engines),
    sandboxes: join('sandbox', sandboxes, own.sandboxes),
    detectors: join('detector', detectors, own.detectors),
    ...(loaded === null ? {} : { config: { record: loaded.record } }),
    trajectoryReader: (agentKind) => createTrajectoryReader({ format: findTrajectoryFormat(agentKind) }),
    catalog,
    data: createDataFiles({
      datasets: async () => (await catalog()).datasets,
      folders: locateData(loaded),
    }),
    judge: () => readJudgeAccess(),
    environmentsPath: `${root}environments`,
    python: () => ensurePythonEnvironment({ progress: (line) => process.stderr.write(`${line}\n`) }),
    bundles: ensureBundles,
  }
}

function join<T extends { readonly id: string }>(
  kind: string,
  builtIn: readonly T[],
  own: readonly T[] = [],
): readonly T[] {
  const ids = new Set(builtIn.map(({ id }) => id))
  for (const { id } of own) {
    const clash = builtIn.some((leaf) => leaf.id === id) ? 'a built-in one' : 'another one'
    if (ids.has(id))
      throw new BenchError(`the config's ${kind} "${id}" has the id of ${clash}`, {
        code: 'config/duplicate_id',
        kind: 'usage',
        remedy: `Give it an id of its own. Built in: ${builtIn.map((leaf) => leaf.id).join(', ')}.`,
      })
    ids.add(id)
  }
  return [...builtIn, ...own]
}

export function harnessVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '0'
  return String(version)
}

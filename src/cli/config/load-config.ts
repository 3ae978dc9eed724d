import { statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Benchmark } from '../../domain/benchmark.ts'
import type { Config, ConfigRecord } from '../../domain/config.ts'
import { BenchError } from '../../domain/error.ts'
import { isPublishedTask } from '../../domain/published-task.ts'
import { hashJson } from '../../lib/hash.ts'
import { openPublishedTask } from '../../run/published/open-task.ts'
import { findConfig, type ConfigPlace } from './find-config.ts'
import { recordModules } from './module-hooks.ts'
import { parseConfig } from './parse-config.ts'

/** With every task of the published format opened. */
export interface OpenConfig extends Config {
  readonly benchmarks?: readonly Benchmark[]
}

export interface LoadedConfig {
  readonly config: OpenConfig
  readonly record: ConfigRecord
  /** Absolute folder of the user's own catalogue. */
  readonly catalogPath: string | null
}

/** The config that counts for an experiment file, loaded; null where there is none. */
export async function openConfig(place: ConfigPlace): Promise<LoadedConfig | null> {
  const path = findConfig(place)
  return path === null ? null : await loadConfig(path)
}

/** Runs a config file and checks what it exports. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = await realpath(path)
  const folder = dirname(file)
  const recording = recordModules(folder)
  const exported = await importDefault(file).finally(() => recording.stop())
  const config = await openTasks(parseConfig(exported, file), folder)
  const files = Object.fromEntries([...recording.files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return {
    config,
    record: { path: file, hash: hashJson(files), files },
    catalogPath: config.catalog === undefined ? null : locateCatalog(folder, config.catalog, file),
  }
}

async function openTasks({ benchmarks, ...rest }: Config, folder: string): Promise<OpenConfig> {
  if (benchmarks === undefined) return rest
  const open = async (entry: (typeof benchmarks)[number]): Promise<Benchmark> =>
    isPublishedTask(entry) ? await openPublishedTask(entry, folder) : entry
  return { ...rest, benchmarks: await Promise.all(benchmarks.map(open)) }
}

async function importDefault(file: string): Promise<unknown> {
  let module: Readonly<Record<string, unknown>>
  try {
    module = await import(pathToFileURL(file).href)
  } catch (error) {
    throw new BenchError(`${file} could not be loaded:\n${renderStack(error)}`, {
      code: 'config/failed',
      kind: 'usage',
      remedy: 'Correct the file that is named there. Packages that it imports must be installed beside it.',
      cause: error,
    })
  }
  if ('default' in module) return module['default']
  throw new BenchError(`${file} has no default export`, {
    code: 'config/no_default',
    kind: 'usage',
    remedy: 'Write `export default defineConfig({ … })`.',
  })
}

/** The message and where it happened in the user's own files, not in Node's or ours. */
function renderStack(error: unknown): string {
  if (!(error instanceof Error)) return `  ${String(error)}`
  const root = pathToFileURL(resolve(import.meta.dirname, '../../..')).href
  const ours = ['node:', `${root}/src/`, `${root}/node_modules/`]
  return (error.stack ?? String(error))
    .split('\n')
    .filter((line) => !/^\s+at /.test(line) || !ours.some((place) => line.includes(place)))
    .slice(0, 8)
    .map((line) => `  ${line}`)
    .join('\n')
}

function locateCatalog(folder: string, name: string, file: string): string {
  const path = resolve(folder, name)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path
  throw new BenchError(`${file} names a catalogue that is not there: ${path}`, {
    code: 'config/no_catalog',
    kind: 'usage',
    remedy: 'Make the folder, or leave `catalog` out.',
  })
}

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { ConfigRecord } from '../domain/config.ts'
import { BenchError } from '../domain/error.ts'
import { baselineFileSchema, runFileSchema } from '../domain/run-spec.ts'
import { hashFile, hashJson } from '../lib/hash.ts'
import type { Harness } from '../run/harness.ts'
import { runLayout } from '../run/layout.ts'
import { loadConfig } from './config/load-config.ts'
import { createHarness } from './harness.ts'

/**
 * The harness of a run or baseline folder: with the config that it was planned with. One that has changed since, or that
 * fails here, is not run; the harness says so when the run asks for its rules, and the run ends with that reason.
 */
export async function createRunHarness(path: string): Promise<Harness> {
  const locked = await readLockedConfig(path)
  if (locked === undefined) return createHarness()
  const record = await recordAsItIsNow(locked)
  if (record.hash !== locked.hash) return { ...createHarness(), config: { record } }
  try {
    return createHarness(await loadConfig(locked.path))
  } catch (error) {
    if (!(error instanceof BenchError)) throw error
    return { ...createHarness(), config: { record, failure: error } }
  }
}

async function readLockedConfig(path: string): Promise<ConfigRecord | undefined> {
  const baseline = join(path, 'baseline.json')
  const file = existsSync(baseline)
    ? baselineFileSchema.parse(JSON.parse(await readFile(baseline, 'utf8')))
    : runFileSchema.parse(JSON.parse(await readFile(runLayout(path).runFile, 'utf8')))
  return file.spec.config
}

/** A config imports other files only after one of those that are on record has changed. */
async function recordAsItIsNow(locked: ConfigRecord): Promise<ConfigRecord> {
  const files: Record<string, string> = {}
  for (const name of Object.keys(locked.files)) {
    const path = resolve(dirname(locked.path), name)
    if (existsSync(path)) files[name] = await hashFile(path)
  }
  return { path: locked.path, hash: hashJson(files), files }
}

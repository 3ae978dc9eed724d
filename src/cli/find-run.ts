import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { BenchError } from '../domain/error.ts'

/** A run by its folder, its id or the beginning of its id. */
export async function findRun(results: string, name: string): Promise<{ id: string; path: string }> {
  if (existsSync(join(name, 'run.json'))) return { id: basename(resolve(name)), path: resolve(name) }
  const matches = (await listRuns(results)).filter(({ id }) => id === name || id.startsWith(name))
  const exact = matches.find(({ id }) => id === name)
  const [only] = matches
  if (exact !== undefined) return exact
  if (only !== undefined && matches.length === 1) return only
  throw new BenchError(
    matches.length === 0
      ? `there is no run "${name}" in ${results}`
      : `"${name}" could be ${matches.map(({ id }) => id).join(', ')}`,
    { code: 'run/not_found', kind: 'usage', remedy: 'Run `ptb status` for the ids; the beginning of one is enough.' },
  )
}

async function listRuns(results: string): Promise<{ id: string; path: string }[]> {
  const folders = existsSync(join(results, 'runs')) ? [results] : (await listFolders(results)).map((name) => join(results, name))
  const runs = await Promise.all(
    folders.map(async (folder) =>
      (await listFolders(join(folder, 'runs'))).map((id) => ({ id, path: resolve(folder, 'runs', id) })),
    ),
  )
  return runs.flat()
}

export async function listFolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort()
}

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, extname, join, relative, resolve } from 'node:path'
import { parse } from 'yaml'
import { BenchError } from '../domain/error.ts'
import { experimentSchema } from '../domain/experiment.ts'

/** A run by its folder, its id or the beginning of its id. */
export async function findRun(results: string, name: string): Promise<{ id: string; path: string }> {
  if (existsSync(join(name, 'run.json'))) return { id: basename(resolve(name)), path: resolve(name) }
  const matches = (await listRuns(results)).filter(({ id }) => id === name || id.startsWith(name))
  const exact = matches.filter(({ id }) => id === name)
  const [only, ...others] = exact.length > 0 ? exact : matches
  if (only !== undefined && others.length === 0) return only
  throw new BenchError(
    only === undefined
      ? `there is no run "${name}" in ${results}`
      : `"${name}" could be any of:\n${[only, ...others].map(({ path }) => `  ${relative('.', path)}`).join('\n')}`,
    {
      code: 'run/not_found',
      kind: 'usage',
      remedy:
        'Name it by its folder, or by its id as `ptb status` shows it; the beginning of an id is enough.',
    },
  )
}

/** An experiment's folder, by itself, by its experiment file or by its name; unnamed: all of them. Folders need not exist. */
export async function findExperiment(results: string, name?: string): Promise<string> {
  if (name === undefined) return results
  if (['.yaml', '.yml'].includes(extname(name)) && !existsSync(join(name, 'runs')))
    return join(results, await readExperimentName(name))
  const named = join(results, name)
  return !existsSync(name) && existsSync(named) ? named : name
}

/** The name alone: agents may have moved since, which does not matter here. */
async function readExperimentName(file: string): Promise<string> {
  let content: unknown
  try {
    content = parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new BenchError(`${file} cannot be read as an experiment file`, {
      code: 'experiment/no_file',
      kind: 'usage',
      remedy: "Name an experiment file, or an experiment's folder such as results/demo.",
      cause: error,
    })
  }
  const parsed = experimentSchema.shape.name.safeParse(
    typeof content === 'object' && content !== null && 'name' in content ? content.name : undefined,
  )
  if (parsed.success) return parsed.data
  throw new BenchError(`${file} does not give its experiment a valid name`, {
    code: 'experiment/invalid',
    kind: 'usage',
    remedy: 'See `ptb plan` for what is wrong with it.',
  })
}

async function listRuns(results: string): Promise<{ id: string; path: string }[]> {
  const folders = existsSync(join(results, 'runs'))
    ? [results]
    : (await listFolders(results)).map((name) => join(results, name))
  const runs = await Promise.all(
    folders.map(async (folder) =>
      (await listFolders(join(folder, 'runs'))).map((id) => ({ id, path: resolve(folder, 'runs', id) })),
    ),
  )
  return runs.flat()
}

/** Folders of all experiments; `results` may be one itself. */
export async function listExperiments(results: string): Promise<string[]> {
  if (existsSync(join(results, 'runs'))) return [results]
  const paths = (await listFolders(results)).map((name) => join(results, name))
  return paths.filter((path) => existsSync(join(path, 'runs')))
}

export async function listFolders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

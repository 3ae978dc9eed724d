import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A lock that is larger takes longer to read than somebody waits for a completion. */
const maxLockBytes = 4 * 1024 * 1024

/**
 * What an argument with this placeholder may be, beginning with `partial`. Reads folders and locks only, without checking
 * them: what is proposed may turn out not to do. Synchronous and without zod, for each keystroke waits for it.
 */
export function proposeValues(placeholder: string, partial: string, results: string): string[] {
  const all = valuesOf(placeholder, partial, results)
  // a name with other characters would have to be quoted in every shell
  return [...new Set(all)].filter((value) => value.startsWith(partial) && /^[\w.+:@/-]+$/u.test(value)).sort()
}

function valuesOf(placeholder: string, partial: string, results: string): string[] {
  switch (placeholder) {
    case 'EXPERIMENT':
      return listExperiments(results).map(({ name }) => name)
    case 'RUN':
      return listRuns(results)
    case 'A':
    case 'B': {
      const experiments = listExperiments(results)
      if (partial.includes('@'))
        return experiments.flatMap(({ name, path }) => listAgents(path).map((agent) => `${agent}@${name}`))
      return [
        ...experiments.map(({ name }) => name),
        ...experiments.flatMap(({ path }) => listAgents(path)),
        ...listRuns(results),
      ]
    }
    default:
      return []
  }
}

interface Experiment {
  readonly name: string
  readonly path: string
}

/** In a folder of experiments; or the one experiment that the folder is, whose name nobody needs. */
function listExperiments(results: string): Experiment[] {
  return listFolders(results)
    .map((name) => ({ name, path: join(results, name) }))
    .filter(({ path }) => isFolder(join(path, 'runs')))
}

function listRuns(results: string): string[] {
  const folders = isFolder(join(results, 'runs'))
    ? [results]
    : listExperiments(results).map(({ path }) => path)
  return folders.flatMap((path) => listFolders(join(path, 'runs')))
}

function listAgents(experimentPath: string): string[] {
  try {
    const path = join(experimentPath, 'experiment.lock.json')
    if (statSync(path).size > maxLockBytes) return []
    // what is not a lock ends in the catch, and what is no name is not proposed
    const { runs } = JSON.parse(readFileSync(path, 'utf8')) as {
      runs: { spec: { agent: { name: string } } }[]
    }
    return [...new Set(runs.map(({ spec }) => spec.agent.name))]
  } catch {
    return []
  }
}

function listFolders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as z from 'zod'
import { BenchError } from '../../domain/error.ts'
import { findExperiment, findRun, listFolders } from '../find-run.ts'

/** What a word on the command line means. `path` is the experiment's folder. */
export type Subject =
  | { readonly kind: 'experiment'; readonly path: string }
  /** By its name, or by the label that a leaderboard gives it. */
  | { readonly kind: 'agent'; readonly path: string; readonly agent: string }
  | { readonly kind: 'run'; readonly path: string; readonly id: string }

/** An experiment, else `agent@experiment`, else an agent that only one experiment has, else a run. */
export async function findSubject(results: string, word: string): Promise<Subject> {
  if (!existsSync(join(word, 'run.json'))) {
    const path = await findExperiment(results, word)
    if (isExperiment(path)) return { kind: 'experiment', path }
    const at = word.lastIndexOf('@')
    if (at > 0) return findAgentIn(results, word.slice(0, at), word.slice(at + 1))
    const agent = await findAgent(results, word)
    if (agent !== null) return agent
  }
  const run = await findRun(results, word).catch((error: unknown) => {
    if (!(error instanceof BenchError) || error.message.includes('could be any of')) throw error
    throw new BenchError(`there is no experiment, agent or run "${word}" in ${results}`, {
      code: 'compare/not_found',
      kind: 'usage',
      remedy:
        'Name a folder such as results/demo, an agent as `agent` or `agent@experiment`, or the id of a run.',
    })
  })
  return { kind: 'run', path: resolve(run.path, '..', '..'), id: run.id }
}

async function findAgentIn(results: string, agent: string, experiment: string): Promise<Subject> {
  const path = await findExperiment(results, experiment)
  if (isExperiment(path)) return { kind: 'agent', path, agent }
  throw new BenchError(`there is no experiment "${experiment}" in ${results}`, {
    code: 'compare/not_found',
    kind: 'usage',
    remedy: 'Behind the @ comes an experiment: its name or its folder.',
  })
}

async function findAgent(results: string, agent: string): Promise<Subject | null> {
  const folders = isExperiment(results)
    ? [results]
    : (await listFolders(results)).map((name) => join(results, name)).filter(isExperiment)
  const found: string[] = []
  for (const path of folders)
    if ((await readAgentNames(path)).some((name) => agent === name || agent.startsWith(`${name} (`)))
      found.push(path)
  const [only, ...others] = found
  if (only === undefined) return null
  if (others.length === 0) return { kind: 'agent', path: only, agent }
  throw new BenchError(
    `several experiments have an agent "${agent}":\n${found.map((path) => `  ${agent}@${path}`).join('\n')}`,
    { code: 'compare/ambiguous', kind: 'usage', remedy: 'Name one of them.' },
  )
}

function isExperiment(path: string): boolean {
  return existsSync(join(path, 'experiment.lock.json')) || existsSync(join(path, 'runs'))
}

const agentsSchema = z.object({
  runs: z.array(z.object({ spec: z.object({ agent: z.object({ name: z.string() }) }) })),
})

/** A lock that cannot be read has no agents here: it may be that of an experiment that nobody asked for. */
async function readAgentNames(path: string): Promise<string[]> {
  try {
    const text = await readFile(join(path, 'experiment.lock.json'), 'utf8')
    const { runs } = agentsSchema.parse(JSON.parse(text))
    return [...new Set(runs.map(({ spec }) => spec.agent.name))]
  } catch {
    return []
  }
}

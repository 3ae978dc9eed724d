import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Experiment } from '../../domain/experiment.ts'
import { closest } from '../../lib/closest.ts'
import { suggest, type Mistake, type Path } from './experiment-issues.ts'

/** What an experiment may name, for messages that say where the mistake is. Absent: names are not checked. */
export interface KnownNames {
  readonly protocols: readonly { readonly id: string; readonly benchmarks: readonly string[] }[]
  readonly baseModels: readonly string[]
  readonly engines: readonly string[]
  readonly sandboxes: readonly string[]
  /** GPUs of the machines that runs can be placed on. */
  readonly gpus: number
}

/** What a schema cannot say. */
export function checkExperiment(
  experiment: Experiment,
  agentPath: (path: string) => string,
  known?: KnownNames,
): Mistake[] {
  return [
    ...checkBudget(experiment, known),
    ...checkAgents(experiment, agentPath),
    ...checkRepetitions(experiment),
    ...(known === undefined ? [] : checkNames(experiment, known)),
  ]
}

function checkBudget({ budget, graceSeconds }: Experiment, known: KnownNames | undefined): Mistake[] {
  const seconds = (budget.hours ?? 0) * 3600 + (budget.minutes ?? 0) * 60
  const mistakes: Mistake[] = []
  if (seconds <= graceSeconds)
    mistakes.push({
      at: ['budget', budget.hours === undefined ? 'minutes' : 'hours'],
      message: `the budget of ${seconds} s is not longer than graceSeconds (${graceSeconds} s)`,
    })
  if (known !== undefined && budget.gpus > known.gpus)
    mistakes.push({
      at: ['budget', 'gpus'],
      message: `budget.gpus: ${budget.gpus} per run, but there ${known.gpus === 1 ? 'is 1 GPU' : `are ${known.gpus} GPUs`} here`,
    })
  return mistakes
}

function checkAgents(experiment: Experiment, agentPath: (path: string) => string): Mistake[] {
  const agents = Object.entries(experiment.agents)
  if (agents.length === 0) return [{ at: ['agents'], message: 'agents must name at least 1' }]
  return agents.flatMap(([name, { path }]) => {
    const folder = agentPath(path)
    const at = ['agents', name, 'path']
    if (!isFolder(folder)) return [{ at, message: `there is no folder ${folder}${suggestSibling(folder)}` }]
    // A manifest may name another agent than the one that runs solve.sh; who reads the folder knows.
    if (!isFile(join(folder, 'solve.sh')) && !isFile(join(folder, 'agent.yaml')))
      return [
        { at, message: `there is no solve.sh in ${folder}: it is the program that is started as the agent` },
      ]
    return []
  })
}

function checkRepetitions(experiment: Experiment): Mistake[] {
  return (['baseModels', 'benchmarks'] as const).flatMap((key) => {
    const names = experiment[key] ?? []
    return names.flatMap((name, index) =>
      names.indexOf(name) === index
        ? []
        : [{ at: [key, index], message: `"${name}" is named twice: its runs would be the same` }],
    )
  })
}

function checkNames(experiment: Experiment, known: KnownNames): Mistake[] {
  const mistakes: Mistake[] = []
  const check = (at: Path, what: string, name: string, names: readonly string[]): void => {
    if (!names.includes(name))
      mistakes.push({ at, message: `unknown ${what} "${name}"${suggest(name, names)}` })
  }
  const protocol = known.protocols.find(({ id }) => id === experiment.protocol)
  check(
    ['protocol'],
    'protocol',
    experiment.protocol,
    known.protocols.map(({ id }) => id),
  )
  for (const [index, name] of experiment.baseModels.entries())
    check(['baseModels', index], 'base model', name, known.baseModels)
  if (protocol !== undefined)
    for (const [index, name] of (experiment.benchmarks ?? []).entries())
      check(['benchmarks', index], `benchmark of ${protocol.id}:`, name, protocol.benchmarks)
  check(['engine'], 'engine', experiment.engine, known.engines)
  check(['sandbox'], 'sandbox', experiment.sandbox, ['auto', ...known.sandboxes])
  return mistakes
}

function suggestSibling(folder: string): string {
  try {
    const near = closest(basename(folder), readdirSync(dirname(folder)))
    return near === undefined ? '' : `; did you mean "${near}"?`
  } catch {
    return ''
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

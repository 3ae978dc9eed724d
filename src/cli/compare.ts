import { BenchError } from '../domain/error.ts'
import type { Protocol } from '../domain/protocol.ts'
import { groupAgents } from '../results/agent-groups.ts'
import {
  compareAgents,
  compareExperiments,
  type AgentComparison,
  type ExperimentComparison,
  type Side,
} from '../results/compare.ts'
import { compareRuns, type RunComparison } from '../results/compare-runs.ts'
import { readExperiment, type ExperimentData } from '../results/store.ts'
import { findSubject, type Subject } from './compare/find-subject.ts'
import { renderAgents, renderExperiments } from './compare/render-agents.ts'
import { renderRuns } from './compare/render-runs.ts'
import { readRecordedProtocol } from './recorded-protocol.ts'

export interface CompareOptions {
  /** Folder of all experiments. */
  readonly results: string
  readonly a: string
  readonly b: string
}

export type Comparison = AgentComparison | ExperimentComparison | RunComparison

/** Two agents, two experiments or two runs, named as on the command line. */
export async function compareSubjects({ results, a: wordA, b: wordB }: CompareOptions): Promise<Comparison> {
  const a = await findSubject(results, wordA)
  const b = await findSubject(results, wordB)
  const dataA = await readExperiment(a.path)
  const dataB = b.path === a.path ? dataA : await readExperiment(b.path)
  if (a.kind === 'run' && b.kind === 'run')
    return compareRuns(
      { experiment: dataA, run: findRunIn(dataA, a.id) },
      { experiment: dataB, run: findRunIn(dataB, b.id) },
    )
  if (a.kind === 'agent' && b.kind === 'agent')
    return compareAgents(sideOf(dataA, a.agent), sideOf(dataB, b.agent), {
      protocol: await readProtocol([dataA, dataB]),
    })
  if (a.kind === 'experiment' && b.kind === 'experiment')
    return compareExperiments(dataA, dataB, { protocol: await readProtocol([dataA, dataB]) })
  throw new BenchError(`${wordA} is ${describe(a)}, and ${wordB} is ${describe(b)}`, {
    code: 'compare/kinds_differ',
    kind: 'usage',
    remedy: 'Compare two agents, two experiments or two runs. `agent@experiment` is always an agent.',
  })
}

export function renderComparison(comparison: Comparison, options: { readonly colour: boolean }): string {
  switch (comparison.kind) {
    case 'agents':
      return renderAgents(comparison, options)
    case 'experiments':
      return renderExperiments(comparison, options)
    case 'runs':
      return renderRuns(comparison, options)
  }
}

function describe(subject: Subject): string {
  return subject.kind === 'run' ? 'a run' : `an ${subject.kind}`
}

function findRunIn({ runs, path }: ExperimentData, id: string): ExperimentData['runs'][number] {
  const run = runs.find((candidate) => candidate.id === id)
  if (run !== undefined) return run
  throw new BenchError(`the run ${id} in ${path} cannot be read`, {
    code: 'compare/unreadable',
    kind: 'environment',
    remedy: `\`ptb leaderboard ${path}\` names the files that are broken.`,
  })
}

function sideOf(experiment: ExperimentData, agent: string): Side {
  const groups = groupAgents([experiment])
  const exact = groups.filter(({ label }) => label === agent)
  const matches = exact.length > 0 ? exact : groups.filter((group) => group.agent === agent)
  const [group, ...others] = matches
  if (group !== undefined && others.length === 0) return { experiment, group }
  const labels = (group === undefined ? groups : matches).map(({ label }) => `  ${label}`).join('\n')
  throw new BenchError(
    group === undefined
      ? `${experiment.name} has no agent "${agent}", but:\n${labels}`
      : `"${agent}" of ${experiment.name} could be any of:\n${labels}`,
    { code: 'compare/no_agent', kind: 'usage', remedy: 'Name the agent as the leaderboard shows it.' },
  )
}

async function readProtocol(experiments: readonly ExperimentData[]): Promise<Protocol> {
  const paths = experiments.map(({ path }) => path)
  const id = experiments.flatMap(({ runs }) => runs)[0]?.spec.protocol.id
  if (id === undefined)
    throw new BenchError(`there are no runs in ${paths.join(', ')}`, {
      code: 'results/empty',
      kind: 'usage',
      remedy: "Name an experiment's folder, such as results/demo.",
    })
  return (await readRecordedProtocol(paths, id)).protocol
}

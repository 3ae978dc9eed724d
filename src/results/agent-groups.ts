import { sha256 } from '../lib/hash.ts'
import type { ExperimentData, RunData } from './store.ts'

/** The runs of one row: an agent with its options, under one budget. */
export interface AgentGroup {
  readonly id: string
  /** The agent's name, with what tells it apart where the name alone does not. */
  readonly label: string
  readonly agent: string
  readonly agentConfig: string
  readonly agentHash: string
  readonly budget: { readonly hours: number; readonly gpus: number }
  readonly runs: readonly RunData[]
}

/** Same name but other files, options or budget: another row. A run that is there twice counts once. */
export function groupAgents(experiments: readonly ExperimentData[]): AgentGroup[] {
  const groups = new Map<string, Map<string, RunData>>()
  for (const { runs } of experiments) {
    for (const run of runs) {
      const { agent, budget } = run.spec
      const key = JSON.stringify([agent.name, agent.config, agent.hash, budget.hours, budget.gpus])
      const members = groups.get(key) ?? new Map<string, RunData>()
      groups.set(key, members.set(JSON.stringify([run.experiment, run.id]), run))
    }
  }
  const rows = [...groups].flatMap(([key, members]) => {
    const runs = [...members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, run]) => run)
    const spec = runs[0]?.spec
    if (spec === undefined) return []
    const { agent, budget } = spec
    return [
      {
        id: sha256(key).slice(0, 12),
        agent: agent.name,
        agentConfig: agent.config,
        agentHash: agent.hash,
        budget: { hours: budget.hours, gpus: budget.gpus },
        runs,
      },
    ]
  })
  return rows
    .map((row) => ({ ...row, label: labelOf(row, rows) }))
    .sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : a.id < b.id ? -1 : 1))
}

type Unlabelled = Omit<AgentGroup, 'label'>

function labelOf(row: Unlabelled, rows: readonly Unlabelled[]): string {
  const namesakes = rows.filter(({ agent }) => agent === row.agent)
  const differs = (read: (row: Unlabelled) => unknown): boolean => new Set(namesakes.map(read)).size > 1
  const marks = [
    ...(differs(({ agentConfig }) => agentConfig)
      ? [row.agentConfig === '' ? 'no options' : row.agentConfig]
      : []),
    ...(differs(({ budget }) => budget.hours) ? [formatHours(row.budget.hours)] : []),
    ...(differs(({ budget }) => budget.gpus) ? [`${row.budget.gpus} GPUs`] : []),
    ...(differs(({ agentHash }) => agentHash) ? [`#${row.agentHash.slice(0, 7)}`] : []),
  ]
  return marks.length === 0 ? row.agent : `${row.agent} (${marks.join(', ')})`
}

function formatHours(hours: number): string {
  return hours >= 1 ? `${Number(hours.toFixed(2))} h` : `${Number((hours * 60).toFixed(1))} min`
}

import type { BaselineSpec, RunSpec } from '../domain/run-spec.ts'
import type { BaselineData, ExperimentData, RunData } from './store.ts'

/** What must be the same for two scores to stand on one leaderboard, as name and value. */
function factsOf(spec: RunSpec | BaselineSpec): readonly (readonly [name: string, value: string])[] {
  return [
    [`protocol`, `${spec.protocol.id} ${spec.protocol.hash.slice(0, 12)}`],
    [
      `benchmark ${spec.benchmark.id}`,
      `version ${spec.benchmark.version}, items ${spec.benchmark.itemsHash.slice(0, 12)}`,
    ],
    [`base model ${spec.baseModel.id}`, spec.baseModel.hash.slice(0, 12)],
  ]
}

/** Why the experiments cannot share a leaderboard: one sentence per fact that differs. Empty when they can. */
export function findDifferences(experiments: readonly ExperimentData[]): string[] {
  const values = new Map<string, Map<string, Set<string>>>()
  for (const experiment of experiments) {
    for (const { spec } of [...experiment.runs, ...experiment.baselines]) {
      for (const [name, value] of factsOf(spec)) {
        const known = values.get(name) ?? new Map<string, Set<string>>()
        values.set(name, known.set(value, (known.get(value) ?? new Set()).add(experiment.name)))
      }
    }
  }
  return [...values]
    .filter(([, known]) => known.size > 1)
    .map(([name, known]) => {
      const each = [...known].map(([value, where]) => `${value} in ${[...where].sort().join(', ')}`)
      return `${name}: ${each.join('; ')}`
    })
}

/**
 * Splits experiments into groups that can each be shown as one leaderboard. Also an experiment whose file was
 * extended after a benchmark or protocol had changed is split. The first experiments make the first group.
 */
export function groupComparable(experiments: readonly ExperimentData[]): ExperimentData[][] {
  const groups: { facts: Map<string, string>; members: Map<ExperimentData, Member> }[] = []

  function place(experiment: ExperimentData, spec: RunSpec | BaselineSpec): Member {
    const facts = factsOf(spec)
    let group = groups.find((candidate) =>
      facts.every(([name, value]) => (candidate.facts.get(name) ?? value) === value),
    )
    if (group === undefined) {
      group = { facts: new Map(), members: new Map() }
      groups.push(group)
    }
    for (const [name, value] of facts) group.facts.set(name, value)
    const member = group.members.get(experiment) ?? { runs: [], baselines: [] }
    group.members.set(experiment, member)
    return member
  }

  for (const experiment of experiments) {
    for (const run of experiment.runs) place(experiment, run.spec).runs.push(run)
    for (const baseline of experiment.baselines) place(experiment, baseline.spec).baselines.push(baseline)
  }
  return groups.map(({ members }) =>
    [...members].map(([experiment, member]) => ({ ...experiment, ...member })),
  )
}

interface Member {
  readonly runs: RunData[]
  readonly baselines: BaselineData[]
}

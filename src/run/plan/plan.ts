import type { Benchmark } from '../../domain/benchmark.ts'
import { BenchError } from '../../domain/error.ts'
import type { Experiment } from '../../domain/experiment.ts'
import type { BaselineSpec, RunSpec } from '../../domain/run-spec.ts'
import { hashFolder, hashJson } from '../../lib/hash.ts'
import { hashBasis, loadItems } from '../items.ts'
import { familyTemplate } from '../evaluation/template.ts'
import { readAgentFolder, type AgentFolder } from './agent-folder.ts'
import type { Catalog } from '../catalog.ts'
import { findLeaf, findLocalEngine, type Harness } from '../harness.ts'
import { readPromptTemplate } from '../agent/prompt.ts'
import { defaultSlots } from '../slot.ts'

export interface PlannedRun {
  readonly id: string
  /** From 1. */
  readonly repeat: number
  readonly spec: RunSpec
  readonly specHash: string
}

export interface PlannedBaseline {
  readonly id: string
  readonly spec: BaselineSpec
  readonly specHash: string
}

export interface Plan {
  readonly name: string
  /** In the order of the file: agents, then base models, benchmarks and repeats. */
  readonly runs: readonly PlannedRun[]
  readonly baselines: readonly PlannedBaseline[]
  readonly slots: number
  readonly infraRetries: number
}

/** Resolves an experiment into runs and baselines. The same files give the same plan on every machine. */
export async function planExperiment(
  harness: Harness,
  catalog: Catalog,
  experiment: Experiment,
  agentPath: (path: string) => string,
): Promise<Plan> {
  const protocol = catalog.protocol(experiment.protocol)
  findLocalEngine(harness, experiment.engine)
  if (experiment.sandbox !== 'auto') findLeaf('sandbox', harness.sandboxes, experiment.sandbox)
  const benchmarks = (experiment.benchmarks ?? protocol.benchmarks).map((id) => {
    if (!protocol.benchmarks.includes(id))
      throw new BenchError(`the protocol "${protocol.id}" has no benchmark "${id}"`, {
        code: 'experiment/unknown_benchmark',
        kind: 'usage',
        remedy: `It has: ${protocol.benchmarks.join(', ')}.`,
      })
    return findLeaf('benchmark', harness.benchmarks, id)
  })
  const agents = new Map<string, AgentFolder>()
  for (const [name, entry] of Object.entries(experiment.agents))
    agents.set(name, await readAgent(harness, agentPath(entry.path)))
  const models = await hashModels(catalog, experiment.baseModels)
  const items = new Map<string, string>()
  for (const benchmark of benchmarks) {
    const loaded = await loadItems(harness, benchmark, protocol)
    items.set(benchmark.id, await hashBasis(benchmark, loaded))
    if (protocol.chatTemplate === 'family')
      for (const { base } of models) await familyTemplate({ baseModel: base, items: loaded })
  }
  const prompt = { id: protocol.prompt, hash: (await readPromptTemplate(protocol.prompt)).hash }
  const common = {
    protocol: { id: protocol.id, hash: catalog.protocolHash(protocol.id) },
    engine: experiment.engine,
    sandbox: experiment.sandbox,
    limits: experiment.limits,
    ...(harness.config === undefined ? {} : { config: harness.config.record }),
  }
  const describe = (benchmark: Benchmark): RunSpec['benchmark'] => ({
    id: benchmark.id,
    version: benchmark.version,
    itemsHash: items.get(benchmark.id) ?? '',
  })

  const runs = Object.entries(experiment.agents).flatMap(([name, entry]) =>
    models.flatMap(({ base, siblings }) =>
      benchmarks.flatMap((benchmark) =>
        Array.from({ length: experiment.repeats }, (_, index): PlannedRun => {
          const folder = agents.get(name)
          const spec: RunSpec = {
            agent: {
              name,
              kind: folder?.kind ?? '',
              path: agentPath(entry.path),
              config: entry.config,
              hash: folder?.hash ?? '',
              files: (folder?.files ?? []).map(({ path, sha256, mode }) => ({ path, sha256, mode })),
            },
            baseModel: base,
            siblings,
            benchmark: describe(benchmark),
            ...common,
            prompt,
            policy: { id: protocol.policy, hash: catalog.policyHash(protocol.policy) },
            budget: {
              hours: experiment.budget.hours ?? (experiment.budget.minutes ?? 0) / 60,
              gpus: experiment.budget.gpus,
            },
            network: experiment.network,
            reprompt: experiment.reprompt,
            seed: (protocol.sampling.seeds[0] ?? 0) + index,
            graceSeconds: experiment.graceSeconds,
          }
          const cell = [
            experiment.name,
            name,
            entry.config,
            base.id,
            benchmark.id,
            protocol.id,
            spec.budget,
            index + 1,
          ]
          return {
            id: opaqueId(`${name}-${benchmark.id}-${index + 1}`, cell),
            repeat: index + 1,
            spec,
            specHash: hashSpec(spec),
          }
        }),
      ),
    ),
  )
  const baselines = models.flatMap(({ base, siblings }) =>
    benchmarks.flatMap((benchmark) => {
      const kinds = [
        { kind: 'base_zero_shot', model: base, fewShot: 0 },
        // A program asks what it likes: nobody can show it examples.
        ...(benchmark.program === undefined
          ? [{ kind: 'base_few_shot', model: base, fewShot: protocol.fewShot } as const]
          : []),
        ...siblings.map((model) => ({ kind: 'instruct', model, fewShot: 0 }) as const),
      ] as const
      return kinds.map(({ kind, model, fewShot }): PlannedBaseline => {
        const spec: BaselineSpec = {
          kind,
          model,
          baseModel: base,
          benchmark: describe(benchmark),
          ...common,
          fewShot,
          seed: protocol.sampling.seeds[0] ?? 0,
        }
        const specHash = hashSpec(spec)
        const slug = `${kind.replaceAll('_', '-')}-${model.id}-${benchmark.id}`
        return { id: opaqueId(slug, [experiment.name, specHash]), spec, specHash }
      })
    }),
  )
  return {
    name: experiment.name,
    runs,
    baselines,
    slots: experiment.scheduler.slots ?? defaultSlots(experiment.limits),
    infraRetries: experiment.infraRetries,
  }
}

/** Upper bound of the time that the agents may use, with every slot in use. Evaluation comes on top. */
export function planWallHours(plan: Plan): number {
  const hours = plan.runs.map(({ spec }) => spec.budget.hours)
  const total = hours.reduce((sum, value) => sum + value, 0)
  return Math.max(total / plan.slots, ...hours, 0)
}

/** What a spec says, wherever the folders lie that it names: those are known by their own hashes. */
export function hashSpec(spec: RunSpec | BaselineSpec): string {
  return hashJson(withoutFolders(spec))
}

function withoutFolders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFolders)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => !(key === 'path' && 'hash' in value))
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutFolders(inner)]))
}

async function readAgent(harness: Harness, path: string): Promise<AgentFolder> {
  const folder = await readAgentFolder(path)
  findLeaf('agent', harness.agents, folder.kind)
  return folder
}

interface LocatedModel {
  readonly id: string
  readonly path: string
  readonly hash: string
}

async function hashModels(
  catalog: Catalog,
  ids: readonly string[],
): Promise<{ base: LocatedModel; siblings: LocatedModel[] }[]> {
  const locate = async (id: string): Promise<LocatedModel> => {
    const path = catalog.modelPath(id)
    return { id, path, hash: (await hashFolder(path)).hash }
  }
  return Promise.all(
    ids.map(async (id) => {
      const model = catalog.model(id)
      if (model.role !== 'base')
        throw new BenchError(`"${id}" is not a base model`, {
          code: 'experiment/not_a_base_model',
          kind: 'usage',
          remedy: `Base models: ${catalog.models
            .filter(({ role }) => role === 'base')
            .map((base) => base.id)
            .join(', ')}.`,
        })
      const siblings = catalog.models.filter(({ base }) => base === id)
      return {
        base: await locate(id),
        siblings: await Promise.all(siblings.map((sibling) => locate(sibling.id))),
      }
    }),
  )
}

/** Readable, but only a name: nothing is ever parsed out of it. */
function opaqueId(slug: string, key: unknown): string {
  return `${slug.slice(0, 60)}-${hashJson(key).slice(0, 8)}`
}

import { cpus } from 'node:os'
import type { Agent } from '../domain/agent.ts'
import type { Benchmark } from '../domain/benchmark.ts'
import type { ConfigRecord } from '../domain/config.ts'
import type { Detector } from '../domain/detector.ts'
import { isLocal, type Engine, type LocalEngine, type RemoteEngine } from '../domain/engine.ts'
import { BenchError } from '../domain/error.ts'
import type { Limits, Sandbox } from '../domain/sandbox.ts'
import type { DataFiles } from '../domain/scoring.ts'
import type { TrajectoryReader } from '../domain/trajectory-format.ts'
import type { Catalog } from './catalog.ts'
import type { JudgeAccess } from './evaluation/scoring-tools.ts'

/** Everything a run needs from outside `run/`: the registries of leaves, and the ways into the environment. */
export interface Harness {
  readonly version: string
  /** Command prefix that starts this very CLI, e.g. `[node, bin/ptb.mjs]`. */
  readonly ptb: readonly string[]
  readonly agents: readonly Agent[]
  readonly benchmarks: readonly Benchmark[]
  readonly engines: readonly Engine[]
  readonly sandboxes: readonly Sandbox[]
  readonly detectors: readonly Detector[]
  /** The user's `ptb.config.ts` that part of the leaves come from. */
  readonly config?: HarnessConfig
  /** A new reader of the output of an agent of that kind; of any known CLI's where the kind does not say. */
  readonly trajectoryReader: (agentKind: string) => TrajectoryReader
  /** Models, protocols and policies. */
  readonly catalog: () => Promise<Catalog>
  /** Of benchmarks: on this machine, and verified. */
  readonly data: DataFiles
  /** Where the grading model of the protocols answers; null where the operator named none. */
  readonly judge: () => Promise<JudgeAccess | null>
  /** Folder with the engines' own files. */
  readonly environmentsPath: string
  /** The Python environment, set up when it is not there yet. */
  readonly python: () => Promise<{ readonly python: string; readonly path: string }>
  /** Folder with the one-file programs that run inside sandboxes. */
  readonly bundles: () => Promise<{ readonly dir: string }>
}

export interface HarnessConfig {
  readonly record: ConfigRecord
  /** Why its leaves are not in the registries after all. */
  readonly failure?: BenchError
}

export function findLeaf<T extends { readonly id: string }>(
  kind: string,
  leaves: readonly T[],
  id: string,
): T {
  const leaf = leaves.find((candidate) => candidate.id === id)
  if (leaf !== undefined) return leaf
  throw new BenchError(`there is no ${kind} "${id}"`, {
    code: `${kind}/unknown`,
    kind: 'usage',
    remedy: `Known: ${leaves.map((candidate) => candidate.id).join(', ')}.`,
  })
}

/** For submissions: an engine that somebody else runs cannot be given their weights. */
export function findLocalEngine({ engines }: Harness, id: string): LocalEngine {
  const engine = findLeaf('engine', engines, id)
  if (isLocal(engine)) return engine
  throw new BenchError(`the engine "${id}" is somebody else's server: it cannot be given a submission`, {
    code: 'engine/remote',
    kind: 'usage',
    remedy: `Runs and their baselines need one of: ${engines
      .filter(isLocal)
      .map((local) => local.id)
      .join(', ')}.`,
  })
}

export function findRemoteEngine({ engines }: Harness, id: string): RemoteEngine {
  const engine = findLeaf('engine', engines, id)
  if (!isLocal(engine)) return engine
  throw new BenchError(`the engine "${id}" is started for a checkpoint, it is no endpoint`, {
    code: 'engine/local',
    kind: 'usage',
    remedy: 'Leave out the endpoint, or the engine.',
  })
}

/** Cores that a run may use: its limit, or all. */
export function coresOf(limits: Limits): number {
  return limits.cpus ?? cpus().length
}

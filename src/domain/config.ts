import * as z from 'zod'
import type { Agent } from './agent.ts'
import type { Benchmark } from './benchmark.ts'
import type { Detector } from './detector.ts'
import type { Engine } from './engine.ts'
import type { PublishedTask } from './published-task.ts'
import type { Sandbox } from './sandbox.ts'

/** What a user's `ptb.config.ts` exports as its default: leaves and a catalogue beside those that come with ptb. */
export interface Config {
  readonly benchmarks?: readonly (Benchmark | PublishedTask)[]
  /** They look at every run after the built-in ones. What follows from their findings is said by a policy. */
  readonly detectors?: readonly Detector[]
  readonly agents?: readonly Agent[]
  readonly engines?: readonly Engine[]
  /** Taken where an experiment names them; `auto` prefers the built-in ones. */
  readonly sandboxes?: readonly Sandbox[]
  /** Folder with `models.yaml`, `protocols/` and `policies/`, each optional; relative to the config file. */
  readonly catalog?: string
  /** Folder with benchmark data of your own (docs/data.md); relative to the config file. PTB_DATA overrules it. */
  readonly data?: string
}

/** Which config a run was planned with: part of its spec. */
export const configRecordSchema = z.object({
  /** Absolute at lock time; the hash says whether it still is the same. */
  path: z.string(),
  /** Of `files`. */
  hash: z.string(),
  /** sha256 of the config and of every local file that it imports, by path relative to the config's folder. */
  files: z.record(z.string(), z.string()),
})
export type ConfigRecord = z.infer<typeof configRecordSchema>

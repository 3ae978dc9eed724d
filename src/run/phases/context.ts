import type { RunFile } from '../../domain/run-spec.ts'
import type { SandboxUser } from '../../domain/sandbox.ts'
import type { Harness } from '../harness.ts'
import type { Fence } from '../journal.ts'
import type { Rules } from '../rules.ts'

/** What every phase of an attempt gets. */
export interface AttemptContext {
  readonly harness: Harness
  readonly runPath: string
  readonly run: RunFile
  readonly attempt: number
  /** Asked for when they are needed: an agent that runs is not disturbed by rules that have changed since. */
  readonly rules: () => Promise<Rules>
  /** The identity for the agent of this slot, when the harness runs as root. */
  readonly sandboxUser: () => SandboxUser | null
  /** To be asked before anything is changed. */
  readonly fence: Fence
  /** Aborted when the operator cancels the run. */
  readonly cancel: AbortSignal
}

import type { Policy } from '../../domain/policy.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type { RunFile } from '../../domain/run-spec.ts'
import type { SandboxUser } from '../../domain/sandbox.ts'
import type { Harness } from '../harness.ts'

/** What every phase of an attempt gets. */
export interface AttemptContext {
  readonly harness: Harness
  readonly runPath: string
  readonly run: RunFile
  readonly attempt: number
  readonly protocol: Protocol
  readonly policy: Policy
  readonly policyHash: string
  /** The identity for the agent of this slot, when the harness runs as root. */
  readonly sandboxUser: () => SandboxUser | null
  /** Aborted when the operator cancels the run. */
  readonly cancel: AbortSignal
}

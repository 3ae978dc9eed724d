import type { SandboxUser } from './sandbox.ts'

/** Where the supervisor's socket folder is found in a sandbox that isolates files. */
export const guardSocketFolder = '/run/ptb'

/**
 * What the supervisor tells the guard, the harness's first process in a sandbox: the first line on their socket.
 * All paths as seen from inside. The wire is JSON lines both ways; both ends are always of the same version.
 */
export interface GuardConfig {
  readonly argv: readonly string[]
  /** Complete environment of the payload: nothing is added. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Whom the guard makes the payload; null when it already is who it should be. */
  readonly user: SandboxUser | null
  /** From receipt, on the guard's own boot clock; null: no deadline. */
  readonly deadlineInMs: number | null
  /** Between TERM and KILL when the guard has to end things by itself. */
  readonly graceMs: number
  /** Unix sockets inside that lead to a loopback port inside: how an engine without network is reached. */
  readonly forwards: readonly { readonly socketPath: string; readonly port: number }[]
  /** Loopback ports inside that lead to unix sockets of the harness: how a payload without network reaches it. */
  readonly exposes: readonly { readonly port: number; readonly socketPath: string }[]
  readonly killScope: KillScope
}

/** What is killed with the payload. */
export type KillScope =
  /** Everything in the pid namespace, unless that turns out to be `outside`, the supervisor's own. */
  | { readonly kind: 'namespace'; readonly outside: string }
  /** What can be found: descendants, who carries this environment entry, and who is in these control groups. */
  | { readonly kind: 'group'; readonly marker: string; readonly cgroups: readonly string[] }

export type GuardCommand =
  /** Another payload, once the last one has ended. */
  | {
      readonly command: 'run'
      readonly argv: readonly string[]
      readonly env: Readonly<Record<string, string>>
    }
  /** TERM to everything, KILL after the grace, then the guard exits. */
  | { readonly command: 'terminate'; readonly graceMs: number }
  | { readonly command: 'kill' }
  /** To the payload's process group. */
  | { readonly command: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' }

export type GuardEvent =
  /** Sent before anything of the payload exists, so it can be trusted. */
  | { readonly event: 'hello'; readonly pid: number; readonly pidNamespace: string | null }
  /** Bridges are up; what happens from here on may be the payload's doing. */
  | { readonly event: 'starting' }
  | { readonly event: 'started'; readonly pid: number }
  /** The payload could not be started. */
  | { readonly event: 'failed'; readonly message: string }
  /** The payload's main process ended; what it left in the background lives on until the supervisor says otherwise. */
  | {
      readonly event: 'exited'
      readonly code: number | null
      readonly signal: string | null
      /** On the machine's boot clock. */
      readonly bootMs: number
    }
  /** On the machine's boot clock. */
  | { readonly event: 'terminating'; readonly why: GuardEnd; readonly bootMs: number }
  | { readonly event: 'killed'; readonly why: GuardEnd }

export type GuardEnd = 'asked' | 'deadline' | 'supervisor_gone'

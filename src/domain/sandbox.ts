/** Resources a run may use. Absent means: not limited by us. */
export interface Limits {
  readonly cpus?: number | undefined
  readonly memoryGiB?: number | undefined
  readonly pids?: number | undefined
  /** Of the workspace. */
  readonly diskGiB?: number | undefined
  readonly shmGiB?: number | undefined
  /** Of the payload's output that is kept; held by the harness, which counts and drops the rest. */
  readonly outputMiB?: number | undefined
}

export const limitNames = ['cpus', 'memoryGiB', 'pids', 'diskGiB', 'shmGiB'] as const
export type LimitName = (typeof limitNames)[number]

/**
 * Who holds a limit. `sandbox` and `kernel` (control groups): it cannot be passed. `watched`: usage is looked at every
 * second, and what exceeds it is ended. `told`: the agent is told, and nothing more.
 */
export const limitHolders = ['sandbox', 'kernel', 'watched', 'told'] as const
export type LimitHolder = (typeof limitHolders)[number]

export interface Mount {
  /** Absolute path outside. */
  readonly source: string
  /** Absolute path inside, where the sandbox can choose it. */
  readonly target: string
  readonly mode: 'ro' | 'rw'
}

export type Network = 'isolated' | 'open'

export interface SandboxSpec {
  /** Unique on the machine; names the container where there is one. */
  readonly name: string
  /** Complete command with paths as seen inside. */
  readonly argv: readonly string[]
  /** Complete environment of the command: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly mounts: readonly Mount[]
  readonly network: Network
  /** The unprivileged identity that the payload gets when the harness runs as root. */
  readonly user?: SandboxUser
  readonly limits: Limits
}

export interface SandboxUser {
  readonly uid: number
  readonly gid: number
}

export interface SandboxFlags {
  /** Only the mounts are visible, at their targets. When false, sources are seen as they are on the host. */
  readonly isolatesFiles: boolean
  readonly isolatesNetwork: boolean
  /** A pid namespace of its own: killing its init proves that everything in it is dead. */
  readonly isolatesProcesses: boolean
  /** The guard starts as root inside and gives the payload `spec.user`; otherwise the caller must. */
  readonly guardDropsUser: boolean
  readonly gpu: boolean
  /** Limits that `command` makes the sandbox hold by itself. */
  readonly limits: readonly LimitName[]
}

export interface SandboxProbe {
  readonly available: boolean
  /** Version, or what is missing. */
  readonly detail: string
  /** What the operator can do when it is not available. */
  readonly remedy?: string
  /** What this sandbox guarantees on this machine, found out by executing it. */
  readonly flags: SandboxFlags
}

/**
 * What isolates a process. One file per tool under `sandboxes/`; every one passes the same conformance suite.
 * `command` is pure, so that what would be executed can be shown and golden-tested anywhere.
 */
export interface Sandbox {
  readonly id: string
  readonly title: string
  /** Finds out by really executing it. Never throws. */
  probe(): Promise<SandboxProbe>
  /** The command that runs `spec` inside; its own environment is given by `spec.env`. */
  command(spec: SandboxSpec, flags: SandboxFlags): SandboxCommand
}

export interface SandboxCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Set when the process itself, not the guard inside, must be started as this user. */
  readonly user?: SandboxUser
}

/** Where a mount is found from inside. */
export function insidePath(flags: SandboxFlags, mount: Mount): string {
  return flags.isolatesFiles ? mount.target : mount.source
}

import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  insidePath,
  type Mount,
  type Sandbox,
  type SandboxCommand,
  type SandboxFlags,
  type SandboxUser,
} from '../../domain/sandbox.ts'
import { removeTree } from '../../lib/remove-tree.ts'
import { enterGroup, type LimitGroup } from '../sandbox/limit-group.ts'
import { limitScript, type ProgramLimits } from './program-limits.ts'
import type { SandboxNames } from './sandbox-names.ts'

/** What all programs of an evaluation have in common. */
export interface Confinement {
  readonly sandbox: Sandbox
  readonly flags: SandboxFlags
  /** Whom programs become; null where the harness is not root. */
  readonly user: SandboxUser | null
  /** Of the interpreter. */
  readonly mounts: readonly Mount[]
  /** For the folders of programs. */
  readonly root: string
  readonly limits: ProgramLimits
  readonly names: SandboxNames
  /** From `inheritedDescriptors`: programs get none of them. */
  readonly inherited: readonly number[]
}

export interface WorkFolder {
  /** As seen by the program. */
  readonly path: string
  readonly mounts: readonly Mount[]
  remove(): Promise<void>
}

/** What a program says when it waits for its start, and what it waits for. */
export const greeting = 'ready\n'
export const go = '\n'

/** Empty, and all that a program may write to: in memory where the sandbox bounds that, else on disk. */
export async function createWorkFolder(
  { flags, root, user }: Confinement,
  name: string,
): Promise<WorkFolder> {
  if (flags.isolatesFiles && flags.limits.includes('shmGiB')) {
    const empty = join(root, 'empty')
    await mkdir(empty, { recursive: true, mode: 0o555 })
    return {
      path: '/dev/shm',
      // These would be in memory as well, and have no bound.
      mounts: ['/tmp', '/var/tmp'].map((target) => ({ source: empty, target, mode: 'ro' })),
      remove: async () => {},
    }
  }
  const mount: Mount = { source: join(root, name), target: '/work', mode: 'rw' }
  await mkdir(mount.source, { mode: 0o700 })
  if (user !== null) await chown(mount.source, user.uid, user.gid)
  return {
    path: insidePath(flags, mount),
    mounts: [mount],
    remove: () => removeTree(mount.source),
  }
}

/** The command line that runs a program in its sandbox, once it is told to. */
export function confinedCommand(
  place: Confinement,
  options: {
    readonly name: string
    readonly argv: readonly string[]
    readonly env: Readonly<Record<string, string>>
    readonly timeoutMs: number
    readonly folder: WorkFolder
    readonly group: LimitGroup
  },
): SandboxCommand {
  const { sandbox, flags, user, limits } = place
  const limited = limitScript({
    limits,
    holders: options.group.holders,
    cpuSeconds: Math.ceil(options.timeoutMs / 1000) + 1,
    // An ordinary user gets other namespaces only in a user namespace.
    ownUserNamespace: flags.isolatesProcesses && process.getuid?.() !== 0,
  })
  const execute = flags.isolatesProcesses ? 'exec "$@"' : dieWithHarness
  const wait = `printf '${greeting.trim()}\\n'; read -r go || exit 125\n${limited}${execute}`
  const command = sandbox.command(
    {
      name: options.name,
      argv: [
        ...(user !== null && flags.guardDropsUser ? become(user) : []),
        '/bin/sh',
        '-c',
        wait,
        'sh',
        ...options.argv,
      ],
      env: options.env,
      cwd: options.folder.path,
      mounts: [...place.mounts, ...options.folder.mounts],
      network: 'isolated',
      limits: { shmGiB: limits.filesMiB / 1024 },
      ...(user === null ? {} : { user }),
    },
    flags,
  )
  return enterGroup(command, options.group)
}

/** Where no namespace ends with its parent, at least the program itself does. */
const dieWithHarness =
  'if command -v setpriv > /dev/null; then exec setpriv --pdeathsig KILL -- "$@"; else exec "$@"; fi'

/** What the guard does in other sandboxes: there is none in these. */
function become({ uid, gid }: SandboxUser): string[] {
  return `setpriv --reuid ${uid} --regid ${gid} --clear-groups --inh-caps -all --no-new-privs --`.split(' ')
}

import {
  limitNames,
  type LimitHolder,
  type LimitName,
  type Limits,
  type SandboxCommand,
  type SandboxFlags,
} from '../../domain/sandbox.ts'
import { createCgroup, type Cgroup, type CgroupLimit } from '../../lib/cgroup.ts'

/** What the guard and the sandbox's own programs take of the group beside the payload. */
export const guardAllowance = { memoryBytes: 128 * 1024 ** 2, tasks: 32 } as const

const kernelName: Readonly<Partial<Record<LimitName, CgroupLimit>>> = {
  cpus: 'cpus',
  memoryGiB: 'memoryBytes',
  pids: 'tasks',
}
/** What the monitor can end when nobody holds it. */
const watchable: ReadonlySet<LimitName> = new Set<LimitName>(['memoryGiB', 'pids', 'diskGiB'])

/** A control group around a sandbox, for what the sandbox does not hold or count by itself. */
export interface LimitGroup {
  /** Null where this machine gives none. */
  readonly cgroup: Cgroup | null
  /** Who holds each limit that was declared. */
  readonly holders: Readonly<Partial<Record<LimitName, LimitHolder>>>
}

export function openLimitGroup(
  name: string,
  limits: Limits,
  flags: Pick<SandboxFlags, 'limits'>,
): LimitGroup {
  const left = (limit: LimitName): number | undefined =>
    flags.limits.includes(limit) ? undefined : limits[limit]
  const [memoryGiB, pids] = [left('memoryGiB'), left('pids')]
  const cgroup = createCgroup(name, {
    cpus: left('cpus'),
    memoryBytes: memoryGiB === undefined ? undefined : memoryGiB * 1024 ** 3 + guardAllowance.memoryBytes,
    tasks: pids === undefined ? undefined : pids + guardAllowance.tasks,
  })
  const holder = (limit: LimitName): LimitHolder => {
    if (flags.limits.includes(limit)) return 'sandbox'
    const held = kernelName[limit]
    if (held !== undefined && cgroup?.holds.has(held) === true) return 'kernel'
    return watchable.has(limit) ? 'watched' : 'told'
  }
  const declared = limitNames.filter((limit) => limits[limit] !== undefined)
  return { cgroup, holders: Object.fromEntries(declared.map((limit) => [limit, holder(limit)])) }
}

/** The same command, which enters the group before anything else. */
export function enterGroup(command: SandboxCommand, { cgroup }: LimitGroup): SandboxCommand {
  if (cgroup === null) return command
  const script =
    'until [ "$1" = -- ]; do echo $$ > "$1/cgroup.procs" || exit 125; shift; done; shift; exec "$@"'
  return { ...command, argv: ['/bin/sh', '-c', script, 'enter', ...cgroup.folders, '--', ...command.argv] }
}

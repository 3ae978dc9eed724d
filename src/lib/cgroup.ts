import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Control groups, versions 1 and 2: limits that the kernel holds for a process and all its descendants. See
 * cgroups(7) and the kernel's Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
 */
export interface CgroupLimits {
  readonly cpus?: number | undefined
  readonly memoryBytes?: number | undefined
  /** Tasks: processes and threads. */
  readonly tasks?: number | undefined
}
export type CgroupLimit = keyof CgroupLimits

export interface CgroupUsage {
  /** Without file pages that the kernel would give up at once. */
  readonly memoryBytes: number | null
  /** Highest since it was made, page cache included. */
  readonly peakMemoryBytes: number | null
  readonly cpuSeconds: number | null
  /** Processes that were killed because the memory was used up. */
  readonly outOfMemoryKills: number
  /** Forks that were refused because there were too many tasks. */
  readonly refusedForks: number
}

export interface Cgroup {
  /** Whoever writes its pid into `cgroup.procs` of each of these is in, with everything that it starts. */
  readonly folders: readonly string[]
  /** The limits that the kernel holds now. */
  readonly holds: ReadonlySet<CgroupLimit>
  usage(): CgroupUsage
  /** Processes in it and in groups that were made below it. */
  members(): number[]
  /** Refuses new processes and kills those that are there. Does not wait. */
  kill(): void
  /** Possible once nothing is in it any more. */
  remove(): void
}

type Controller = 'memory' | 'pids' | 'cpu' | 'cpuacct'

/** Where child groups can be made, by controller. */
export interface CgroupParents {
  readonly version: 1 | 2
  readonly folders: Readonly<Partial<Record<Controller, string>>>
}

/** Makes a group below (version 1) or beside (version 2) this process's own; null when this process may not. */
export function createCgroup(
  name: string,
  limits: CgroupLimits,
  parents: readonly CgroupParents[] = findCgroupParents(),
): Cgroup | null {
  for (const candidate of parents) {
    const group =
      candidate.version === 1 ? createV1(name, limits, candidate) : createV2(name, limits, candidate)
    if (group !== null) return group
  }
  return null
}

/** Of this process, from what the kernel says about its mounts and groups. */
export function findCgroupParents(
  mounts: string = readText('/proc/self/mountinfo'),
  own: string = readText('/proc/self/cgroup'),
): CgroupParents[] {
  const groups = own
    .split('\n')
    .map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, controllers = '', path = '/']) => ({ controllers: controllers.split(','), path }))
  const found: CgroupParents[] = []
  const v1: Partial<Record<Controller, string>> = {}
  for (const { at, root, type, options } of parseMounts(mounts)) {
    if (type === 'cgroup2') {
      const path = groups.find(({ controllers }) => controllers[0] === '')?.path
      const place = path === undefined ? null : below(root, path)
      // No group with processes of its own may pass controllers on, but the root: so a child, or a sibling.
      if (place !== null)
        for (const folder of place === '' ? [at] : [join(at, place, '..'), join(at, place)])
          found.push({ version: 2, folders: { memory: folder, pids: folder, cpu: folder, cpuacct: folder } })
    } else if (type === 'cgroup') {
      for (const controller of ['memory', 'pids', 'cpu', 'cpuacct'] as const) {
        if (!options.includes(controller)) continue
        const path = groups.find(({ controllers }) => controllers.includes(controller))?.path
        const place = path === undefined ? null : below(root, path)
        if (place !== null) v1[controller] = join(at, place)
      }
    }
  }
  return Object.keys(v1).length === 0 ? found : [{ version: 1, folders: v1 }, ...found]
}

function parseMounts(mountinfo: string): { at: string; root: string; type: string; options: string[] }[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ')
    const [, , , root, at] = left.split(' ')
    const [type = '', , options = ''] = right.split(' ')
    return root === undefined || at === undefined ? [] : [{ at, root, type, options: options.split(',') }]
  })
}

/** A group's path within a mount that shows the hierarchy from `root` on; null when it lies outside of it. */
function below(root: string, path: string): string | null {
  if (path.includes('..')) return null
  if (root === '/') return path.slice(1)
  if (path === root) return ''
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : null
}

const periodUs = 100_000

function createV1(name: string, limits: CgroupLimits, { folders }: CgroupParents): Cgroup | null {
  const made: Partial<Record<Controller, string>> = {}
  const holds = new Set<CgroupLimit>()
  for (const [controller, parent] of Object.entries(folders) as [Controller, string][]) {
    const folder = join(parent, name)
    if (tryMake(folder)) made[controller] = folder
  }
  const { memory, pids, cpu, cpuacct } = made
  if (memory === undefined && pids === undefined && cpu === undefined && cpuacct === undefined) return null
  if (memory !== undefined && limits.memoryBytes !== undefined) {
    const bytes = String(Math.floor(limits.memoryBytes))
    if (tryWrite(join(memory, 'memory.limit_in_bytes'), bytes)) holds.add('memoryBytes')
    // Absent where swap is not accounted for.
    tryWrite(join(memory, 'memory.memsw.limit_in_bytes'), bytes)
  }
  if (
    pids !== undefined &&
    tryWrite(join(pids, 'pids.max'), String(limits.tasks ?? 'max')) &&
    limits.tasks !== undefined
  )
    holds.add('tasks')
  if (
    cpu !== undefined &&
    limits.cpus !== undefined &&
    tryWrite(join(cpu, 'cpu.cfs_period_us'), String(periodUs)) &&
    tryWrite(join(cpu, 'cpu.cfs_quota_us'), String(Math.round(limits.cpus * periodUs)))
  )
    holds.add('cpus')
  return {
    folders: Object.values(made),
    holds,
    usage: () => ({
      memoryBytes:
        memory === undefined ? null : workingSet(memory, 'memory.usage_in_bytes', 'total_inactive_file'),
      peakMemoryBytes: memory === undefined ? null : readNumber(join(memory, 'memory.max_usage_in_bytes')),
      cpuSeconds: cpuacct === undefined ? null : scale(readNumber(join(cpuacct, 'cpuacct.usage')), 1e-9),
      outOfMemoryKills:
        memory === undefined ? 0 : (readField(join(memory, 'memory.oom_control'), 'oom_kill') ?? 0),
      refusedForks: pids === undefined ? 0 : (readField(join(pids, 'pids.events'), 'max') ?? 0),
    }),
    ...membership(Object.values(made)),
  }
}

function createV2(name: string, limits: CgroupLimits, { folders }: CgroupParents): Cgroup | null {
  const parent = folders.memory ?? ''
  const controllers = ['memory', 'pids', 'cpu'].filter((controller) =>
    readText(join(parent, 'cgroup.controllers')).split(/\s+/).includes(controller),
  )
  if (controllers.length === 0) return null
  // What others have passed on already stays; the rest may be refused.
  for (const controller of controllers) tryWrite(join(parent, 'cgroup.subtree_control'), `+${controller}`)
  const folder = join(parent, name)
  if (!tryMake(folder)) return null
  const holds = new Set<CgroupLimit>()
  if (limits.memoryBytes !== undefined) {
    if (tryWrite(join(folder, 'memory.max'), String(Math.floor(limits.memoryBytes)))) holds.add('memoryBytes')
    tryWrite(join(folder, 'memory.swap.max'), '0')
  }
  if (tryWrite(join(folder, 'pids.max'), String(limits.tasks ?? 'max')) && limits.tasks !== undefined)
    holds.add('tasks')
  if (
    limits.cpus !== undefined &&
    tryWrite(join(folder, 'cpu.max'), `${Math.round(limits.cpus * periodUs)} ${periodUs}`)
  )
    holds.add('cpus')
  const counts = ['memory.current', 'pids.current', 'cpu.stat'].some((file) => existsSync(join(folder, file)))
  if (!counts) {
    tryRemove(folder)
    return null
  }
  return {
    folders: [folder],
    holds,
    usage: () => ({
      memoryBytes: workingSet(folder, 'memory.current', 'inactive_file'),
      peakMemoryBytes: readNumber(join(folder, 'memory.peak')),
      cpuSeconds: scale(readField(join(folder, 'cpu.stat'), 'usage_usec'), 1e-6),
      outOfMemoryKills: readField(join(folder, 'memory.events'), 'oom_kill') ?? 0,
      refusedForks: readField(join(folder, 'pids.events'), 'max') ?? 0,
    }),
    ...membership([folder]),
  }
}

/** Processes in any of these groups, and in groups that were made below them. */
export function groupMembers(folders: readonly string[]): number[] {
  const pids = folders.flatMap(withNested).flatMap((folder) => readNumbers(join(folder, 'cgroup.procs')))
  return [...new Set(pids)]
}

function membership(folders: readonly string[]): Pick<Cgroup, 'members' | 'kill' | 'remove'> {
  const members = (): number[] => groupMembers(folders)
  return {
    members,
    kill() {
      for (const folder of folders) {
        // Who cannot fork any more cannot outrun the kill. Version 2 kills everything at once, since Linux 5.14.
        tryWrite(join(folder, 'pids.max'), '0')
        tryWrite(join(folder, 'cgroup.kill'), '1')
      }
      for (const pid of members()) tryKill(pid)
    },
    remove: () => folders.flatMap(withNested).toReversed().forEach(tryRemove),
  }
}

/** Where control groups are delegated to a user, a process of that user can make further ones below its own. */
function withNested(folder: string): string[] {
  const found = [folder]
  for (const path of found) {
    if (found.length >= mostNested) break
    found.push(...subfolders(path))
  }
  return found
}

const mostNested = 1000

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name))
  } catch {
    return []
  }
}

/** 0 stands for a process in a pid namespace that this one cannot see into. */
function readNumbers(path: string): number[] {
  return readText(path)
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0)
}

function workingSet(folder: string, usage: string, inactive: string): number | null {
  const bytes = readNumber(join(folder, usage))
  return bytes === null ? null : Math.max(0, bytes - (readField(join(folder, 'memory.stat'), inactive) ?? 0))
}

function scale(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor
}

function readNumber(path: string): number | null {
  const text = readText(path).trim()
  return /^\d+$/.test(text) ? Number(text) : null
}

/** The number behind `name` in a file of `name number` lines. */
function readField(path: string, name: string): number | null {
  const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(readText(path))
  return match === null ? null : Number(match[1])
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** A group that a killed harness left behind is taken over: its limits are written anew, the kill's refusal too. */
function tryMake(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EEXIST'
  }
}

function tryWrite(path: string, text: string): boolean {
  try {
    if (!existsSync(path)) return false
    writeFileSync(path, text)
    return true
  } catch {
    return false
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // gone meanwhile
  }
}

function tryRemove(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Something is still in it, or it is gone: an empty group costs nothing.
  }
}

import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { livingThread, processIdentity, readProcessStat, type ProcessIdentity } from './process.ts'

/** Looks at all processes of the machine through /proc. Where there is none, it sees nothing. */

/** Names a pid namespace, e.g. `pid:[4026532201]`: the same text inside and outside. Null when it cannot be told. */
export function pidNamespaceOf(pid: number | 'self'): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return null
  }
}

/**
 * Keeps the name of this process's pid namespace from being given to another one once this one is empty, as the kernel
 * otherwise does at once. Null when it cannot be held.
 */
export function holdPidNamespace(pid: number): Disposable | null {
  try {
    const fd = openSync(`/proc/${pid}/ns/pid`, 'r')
    return { [Symbol.dispose]: () => closeSync(fd) }
  } catch {
    return null
  }
}

export interface NamespaceMember extends ProcessIdentity {
  /** Its pid within the namespace; 1 is the init with which all others die. */
  readonly insidePid: number
}

/** The living processes of exactly this namespace, without those of namespaces nested in it. */
export function namespaceMembers(namespace: string): NamespaceMember[] {
  const members: NamespaceMember[] = []
  for (const pid of allPids()) {
    if (pidNamespaceOf(pid) !== namespace) continue
    const identity = processIdentity(pid)
    const insidePid = innermostPid(pid)
    if (identity !== null && insidePid !== null) members.push({ ...identity, insidePid })
  }
  return members
}

function innermostPid(pid: number): number | null {
  const line = /^NSpid:\s*(.+)$/m.exec(readText(`/proc/${pid}/status`))
  const last = line?.[1]?.trim().split(/\s+/).at(-1)
  return last === undefined ? null : Number(last)
}

/** Living processes whose environment was started with `entry`, e.g. `PTB_SANDBOX=a1b2`. Sees what this user may see. */
export function processesWithEnvironment(entry: string): ProcessIdentity[] {
  return allPids()
    .filter((pid) => readEnvironment(pid).split('\0').includes(entry))
    .map(processIdentity)
    .filter((identity) => identity !== null)
}

/** Empty also for who has none, such as the kernel's own threads, and for whom this user may not look at. */
function readEnvironment(pid: number): string {
  const text = readText(`/proc/${pid}/environ`)
  return text === '' ? readText(`/proc/${livingThread(pid)}/environ`) : text
}

/**
 * `pid` itself and everything that descends from it now; who lost its parent is not found, unless `pid` is the init of a
 * namespace, to whom all orphans in it and in those nested in it fall.
 */
export function processTree(pid: number): ProcessIdentity[] {
  const children = new Map<number, number[]>()
  for (const child of allPids()) {
    const parent = readProcessStat(child)?.parent
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), child])
  }
  const found: number[] = []
  const queue = [pid]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    found.push(next)
    queue.push(...(children.get(next) ?? []))
  }
  return found.map(processIdentity).filter((identity) => identity !== null)
}

function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid > 0)
  } catch {
    return []
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

import { readFileSync } from 'node:fs'
import { livingThread } from './process.ts'

/** What processes and the machine use, from Linux's /proc. Whoever has ended meanwhile counts as nothing. */

/** The unit of times in /proc: `USER_HZ` is 100 on every Linux that Node runs on; see proc(5). */
const ticksPerSecond = 100
const pageBytes = 4096

/** Resident memory; pages that processes share count in each of them. */
export function residentBytes(pids: readonly number[]): number {
  return sum(pids, (pid) => pageBytes * Number(readText(`/proc/${livingThread(pid)}/statm`).split(' ')[1]))
}

/** Resident memory with every shared page counted once among those that share it. Slow for large processes. */
export function proportionalBytes(pids: readonly number[]): number {
  return sum(
    pids,
    (pid) =>
      1024 * Number(/^Pss:\s+(\d+) kB/m.exec(readText(`/proc/${livingThread(pid)}/smaps_rollup`))?.[1]),
  )
}

/** Processes and their threads. */
export function countTasks(pids: readonly number[]): number {
  return sum(pids, (pid) => Number(statFields(pid)[17]))
}

/** Processor time of these processes and of their children that have ended. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return sum(pids, (pid) => {
    const fields = statFields(pid)
    return [11, 12, 13, 14].reduce((total, at) => total + Number(fields[at]), 0) / ticksPerSecond
  })
}

/** Seconds that all cores together were busy since the machine started, time stolen by a hypervisor included. */
export function busyCoreSeconds(): number | null {
  const line = /^cpu\s+(.+)$/m.exec(readText('/proc/stat'))?.[1]
  if (line === undefined) return null
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(/\s+/).map(Number)
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond
}

/** Of /proc/PID/stat behind the name, which may hold anything: index 0 is the state. */
function statFields(pid: number): string[] {
  const text = readText(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => {
    const value = of(pid)
    return Number.isFinite(value) ? total + value : total
  }, 0)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

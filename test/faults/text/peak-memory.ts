import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Highest resident memory of a process so far, from the kernel; null when it is gone, or where there is no /proc. */
function readPeak(pid: number): number | null {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kibibytes === undefined ? null : Number(kibibytes) * 1024
  } catch {
    return null
  }
}

/** Looks until the process is gone, and never at how long that takes. The last milliseconds are not seen. */
export async function watchPeak(pid: number): Promise<number | null> {
  let peak: number | null = null
  for (let seen = readPeak(pid); seen !== null; seen = readPeak(pid)) {
    peak = seen
    await sleep(20)
  }
  return peak
}

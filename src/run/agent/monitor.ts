import { statfsSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import type { SolveRecord } from '../../domain/attempt-event.ts'
import { formatBytes } from '../../domain/byte-size.ts'
import type { MonitorSample } from '../../domain/monitor.ts'
import type { LimitName, Limits } from '../../domain/sandbox.ts'
import { createDiskMeter } from '../../lib/disk-usage.ts'
import { isDiskFull } from '../../lib/disk-full.ts'
import { openJsonlWriter } from '../../lib/jsonl.ts'
import {
  busyCoreSeconds,
  countTasks,
  cpuSecondsOf,
  proportionalBytes,
  residentBytes,
} from '../../lib/process-usage.ts'
import type { SandboxProcess } from '../sandbox/sandbox-process.ts'

const lookEveryMs = 1000
/** A line of monitor.jsonl for every so many looks. */
const looksPerLine = 5
/** How often the workspace is measured when nothing limits it. */
const idleDiskEveryMs = 30_000
/** Below this the disk counts as full. */
const minFreeBytes = 16 * 1024 ** 2

export interface MonitorOptions {
  readonly path: string
  readonly process: Pick<SandboxProcess, 'members' | 'limits'>
  readonly limits: Limits
  readonly workspacePath: string
  readonly elapsedMs: () => number
  /** The agent ran into a limit, the first time for each; `end`: nobody but the harness can stop it. */
  readonly onLimit: (limit: LimitName, detail: string, options: { readonly end: boolean }) => void
  /** What the agent has printed takes room too. */
  readonly outputBytes: () => number
  /** Something for the record that is not the agent's doing. */
  readonly onNotice: (text: string) => void
}

export interface Monitor extends Disposable {
  /** What the rest of the record says about the agent's use of the machine. */
  summary(): Pick<SolveRecord, 'usage' | 'contention' | 'exceeded'>
}

/**
 * Looks once a second, from outside, at what the sandbox uses: writes it down, tells which limits the kernel had to
 * enforce, and ends what exceeds a limit that nobody else holds.
 */
export function startMonitor(options: MonitorOptions): Monitor {
  const { process: sandboxed, limits } = options
  const { cgroup, holders } = sandboxed.limits
  const writer = openJsonlWriter(options.path, { sync: false })
  const machine = createCoreMeter()
  const own = createCoreMeter()
  const exceeded = new Set<LimitName>()
  const others: { cores: number; overMs: number }[] = []
  const peak = { memory: 0, tasks: 0, disk: 0, cpuSeconds: 0 }
  const disk = createDiskMeter(options.workspacePath)
  const freeAtStart = freeBytes(options.workspacePath)
  let measuredFull = 0
  let noticed = false
  let looks = 0

  function exceed(limit: LimitName, detail: string, end: boolean): void {
    if (exceeded.has(limit)) return
    exceeded.add(limit)
    options.onLimit(limit, detail, { end })
  }

  /**
   * Without a limit an agent can fill the disk on which its own record is written. Whoever took at least half of what is
   * gone since it started did it: an agent is ended as by a limit; that others did it is written down, and it goes on.
   */
  function judgeFullDisk(ownBytes: number, goneBytes: number): void {
    if (2 * ownBytes >= goneBytes)
      exceed('diskGiB', `the disk is full, ${formatBytes(ownBytes)} of it with what the agent wrote`, true)
    else if (!noticed) {
      noticed = true
      options.onNotice(`the disk is full; only ${formatBytes(ownBytes)} of it is what the agent wrote`)
    }
  }

  function look(): void {
    const pids = sandboxed.members()
    const usage = cgroup?.usage() ?? null
    const memoryBytes = usage?.memoryBytes ?? residentBytes(pids)
    const tasks = countTasks(pids)
    peak.memory = Math.max(peak.memory, memoryBytes)
    peak.tasks = Math.max(peak.tasks, tasks)
    const cpuSeconds = usage?.cpuSeconds ?? cpuSecondsOf(pids)
    peak.cpuSeconds = Math.max(peak.cpuSeconds, cpuSeconds)
    if (usage !== null && usage.outOfMemoryKills > 0) {
      // Between two looks; otherwise the kernel's highest includes pages that it would have given up.
      peak.memory = Math.max(peak.memory, usage.peakMemoryBytes ?? 0)
      exceed('memoryGiB', `${usage.outOfMemoryKills} processes were killed for want of memory`, false)
    }
    if (usage !== null && usage.refusedForks > 0)
      exceed('pids', `${usage.refusedForks} new processes or threads were refused`, false)
    if (holders.memoryGiB === 'watched' && limits.memoryGiB !== undefined) {
      const most = limits.memoryGiB * 1024 ** 3
      // Pages that processes share count once, but finding out takes long.
      if (memoryBytes > most && proportionalBytes(pids) > most)
        exceed('memoryGiB', `used more than ${limits.memoryGiB} GiB`, true)
    }
    if (holders.pids === 'watched' && limits.pids !== undefined && tasks > limits.pids)
      exceed('pids', `${tasks} processes and threads, ${limits.pids} are allowed`, true)

    const free = freeBytes(options.workspacePath)
    const isFull = free !== null && free < minFreeBytes
    const everyMs = limits.diskGiB === undefined && !isFull ? idleDiskEveryMs : lookEveryMs
    const diskBytes = disk.look(everyMs)
    peak.disk = Math.max(peak.disk, diskBytes ?? 0)
    if (limits.diskGiB !== undefined && diskBytes !== null && diskBytes > limits.diskGiB * 1024 ** 3)
      exceed('diskGiB', `the workspace took ${(diskBytes / 1024 ** 3).toFixed(2)} GiB`, true)
    // The first measurement may have begun before the disk was full.
    if (isFull && freeAtStart !== null && diskBytes !== null && ++measuredFull > 1)
      judgeFullDisk(diskBytes + options.outputBytes(), freeAtStart - free)

    if (looks++ % looksPerLine !== 0) return
    const [ownCores, busyCores] = [own.read(cpuSeconds), machine.read(busyCoreSeconds())]
    if (ownCores !== null && busyCores !== null)
      others.push({ cores: busyCores.cores - ownCores.cores, overMs: busyCores.overMs })
    writeSample({
      at: new Date().toISOString(),
      elapsedMs: options.elapsedMs(),
      processes: pids.length,
      memoryBytes,
      diskBytes,
      ownCores: ownCores?.cores ?? null,
      busyCores: busyCores?.cores ?? null,
      load1: loadavg()[0] ?? 0,
    })
  }

  function writeSample(sample: MonitorSample): void {
    try {
      writer.append(sample)
    } catch (error) {
      if (!isDiskFull(error)) throw error // one sample less is no reason to end anything
    }
  }

  const timer = setInterval(look, lookEveryMs)
  timer.unref()
  look()
  return {
    summary() {
      // What happened in the last second, and how full the disk is now.
      looks = 0
      look()
      const overMs = others.reduce((sum, other) => sum + other.overMs, 0)
      return {
        usage: {
          peakMemoryBytes: peak.memory,
          peakProcesses: peak.tasks,
          peakDiskBytes: peak.disk,
          cpuSeconds: peak.cpuSeconds,
        },
        contention:
          others.length === 0 || overMs === 0
            ? null
            : {
                cores: cpus().length,
                meanOtherCores: clamp(
                  others.reduce((sum, { cores, overMs: ms }) => sum + cores * ms, 0) / overMs,
                ),
                peakOtherCores: clamp(Math.max(...others.map(({ cores }) => cores))),
              },
        exceeded: [...exceeded],
      }
    },
    [Symbol.dispose]() {
      clearInterval(timer)
      writer[Symbol.dispose]()
    },
  }
}

function freeBytes(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  } catch {
    return null // it is gone
  }
}

/** The two clocks do not tick at once, so a difference can be a little beyond what is possible. */
function clamp(cores: number): number {
  return Math.min(cpus().length, Math.max(0, cores))
}

interface CoreMeter {
  /** Cores kept busy since the last reading, from the seconds of all of them; null at the first one and where nobody counts. */
  read(seconds: number | null): { readonly cores: number; readonly overMs: number } | null
}

function createCoreMeter(): CoreMeter {
  let last: { at: number; seconds: number } | null = null
  return {
    read(seconds) {
      const before = last
      const at = performance.now()
      last = seconds === null ? null : { at, seconds }
      if (before === null || seconds === null || at <= before.at) return null
      const overMs = at - before.at
      return { cores: Math.max(0, (seconds - before.seconds) / (overMs / 1000)), overMs }
    },
  }
}

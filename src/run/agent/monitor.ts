import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { openJsonlWriter } from '../../lib/jsonl.ts'
import type { SandboxProcess } from '../sandbox/sandbox-process.ts'

const everyMs = 5000

/** One line of `monitor.jsonl`. */
interface MonitorSample {
  readonly at: string
  readonly processes: number
  /** Resident memory of all processes of the sandbox; shared pages count in each. */
  readonly rssBytes: number
  /** The machine's load average over one minute: contention beside the run. */
  readonly load1: number
}

/** Samples what the sandbox uses, from outside it, until disposed. */
export function startMonitor(options: {
  readonly path: string
  readonly process: SandboxProcess
}): Disposable {
  const writer = openJsonlWriter(options.path, { sync: false })
  const timer = setInterval(sample, everyMs)
  timer.unref()
  sample()
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      writer[Symbol.dispose]()
    },
  }

  function sample(): void {
    const pids = options.process.members()
    writer.append({
      at: new Date().toISOString(),
      processes: pids.length,
      rssBytes: pids.reduce((sum, pid) => sum + residentBytes(pid), 0),
      load1: loadavg()[0] ?? 0,
    } satisfies MonitorSample)
  }
}

function residentBytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return Number.isFinite(pages) ? pages * 4096 : 0
  } catch {
    return 0 // it has ended meanwhile
  }
}

import { runCommand } from './process.ts'

export interface DiskMeter {
  /**
   * Bytes that a folder takes, when a measurement has ended since the last look, else null. Starts the next one when the
   * last began `everyMs` ago, or later where measuring takes long.
   */
  look(everyMs: number): number | null
}

const timeoutMs = 60_000

/** Measures in a process of its own: a folder with a million files must not keep this one from its duties. */
export function createDiskMeter(path: string): DiskMeter {
  let measured: number | null = null
  let running = false
  let started = Number.NEGATIVE_INFINITY
  let tookMs = 0
  async function measure(): Promise<void> {
    running = true
    started = performance.now()
    // Files may vanish while it looks: its exit code says nothing.
    const { stdout } = await runCommand(['du', '-skx', '--', path], { timeoutMs })
    const kib = /^(\d+)\t/.exec(stdout)?.[1]
    measured = kib === undefined ? null : Number(kib) * 1024
    running = false
    tookMs = performance.now() - started
  }
  return {
    look(everyMs) {
      const found = measured
      measured = null
      if (!running && performance.now() >= started + Math.max(everyMs, 4 * tookMs)) void measure()
      return found
    },
  }
}

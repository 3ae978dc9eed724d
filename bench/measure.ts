import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../src/lib/process.ts'

export interface Figure {
  readonly figure: string
  readonly unit: 'ms' | 'µs' | 'per s' | 'MiB' | 'MiB/s' | 'ratio'
  readonly median: number
  readonly min: number
  readonly max: number
  readonly n: number
}

export interface BenchOptions {
  /** Whether a reference may be installed, to be measured in the same minutes. */
  readonly withReference: boolean
}

export interface Bench {
  readonly name: string
  readonly about: string
  run(options: BenchOptions): Promise<Figure[]>
}

export const ptb = [process.execPath, fileURLToPath(new URL('../bin/ptb.mjs', import.meta.url))]

export function figure(name: string, unit: Figure['unit'], values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const high = sorted[middle] ?? Number.NaN
  const low = sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? Number.NaN
  return {
    figure: name,
    unit,
    median: (low + high) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    n: sorted.length,
  }
}

/** Runs an experiment in a temporary results folder and hands over the experiment's folder. */
export async function withExperiment<T>(
  yaml: string,
  name: string,
  read: (path: string, wallMs: number) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-bench-'))
  try {
    const file = join(folder, 'experiment.yaml')
    await writeFile(file, yaml)
    const started = performance.now()
    const run = await runCommand([...ptb, 'run', file, '--results', folder, '--no-baselines'], {
      timeoutMs: 600_000,
    })
    const wallMs = performance.now() - started
    if (run.code !== 0 && run.code !== 1) throw new Error(`ptb run ended with ${run.code}: ${run.stderr}`)
    return await read(join(folder, name), wallMs)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export const agentsPath = fileURLToPath(new URL('agents', import.meta.url))

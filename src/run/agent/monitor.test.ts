import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { monitorSampleSchema } from '../../domain/monitor.ts'
import type { LimitName, Limits } from '../../domain/sandbox.ts'
import { processTree } from '../../lib/process-scan.ts'
import { startMonitor, type Monitor } from './monitor.ts'

interface Watched extends AsyncDisposable {
  readonly monitor: Monitor
  readonly folder: string
  /** Resolves with the first limit that was reported. */
  readonly reported: Promise<{ limit: LimitName; end: boolean }>
  lines(): Promise<unknown[]>
}

/** A real process tree that nobody but the monitor limits. */
async function watch(script: string, limits: Limits): Promise<Watched> {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-monitor-'))
  const child = spawn('/bin/sh', ['-c', script], { cwd: folder, stdio: 'ignore', detached: true })
  const { promise, resolve } = Promise.withResolvers<{ limit: LimitName; end: boolean }>()
  const holders = Object.fromEntries(Object.keys(limits).map((limit) => [limit, 'watched'] as const))
  const started = performance.now()
  const monitor = startMonitor({
    path: join(folder, 'monitor.jsonl'),
    process: {
      members: () => processTree(child.pid ?? 0).map(({ pid }) => pid),
      limits: { cgroup: null, holders },
    },
    limits,
    workspacePath: folder,
    elapsedMs: () => performance.now() - started,
    onLimit: (limit, _, { end }) => resolve({ limit, end }),
    outputBytes: () => 0,
    onNotice: () => {},
  })
  return {
    monitor,
    folder,
    reported: promise,
    lines: async () =>
      (await readFile(join(folder, 'monitor.jsonl'), 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    async [Symbol.asyncDispose]() {
      monitor[Symbol.dispose]()
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

it.each<[string, string, Limits, LimitName]>([
  [
    'memory',
    `exec python3 -c 'import time; x = b"x" * (90 << 20); time.sleep(30)'`,
    { memoryGiB: 0.05 },
    'memoryGiB',
  ],
  ['processes', 'for i in 1 2 3 4 5 6; do sleep 30 & done; wait', { pids: 5 }, 'pids'],
  ['disk', 'head -c 30M /dev/zero > big; exec sleep 30', { diskGiB: 0.02 }, 'diskGiB'],
])('ends who takes more %s than it may where the kernel does not', async (_, script, limits, limit) => {
  await using watched = await watch(script, limits)
  expect(await watched.reported).toEqual({ limit, end: true })
  expect(watched.monitor.summary().exceeded).toEqual([limit])
})

it('does not count shared pages once per process', async () => {
  const fork = 'import os, time; x = b"x" * (60 << 20); [os.fork() for _ in range(2)]; time.sleep(30)'
  await using watched = await watch(`exec python3 -c '${fork}'`, { memoryGiB: 0.15 })
  const first = await Promise.race([watched.reported, new Promise((done) => setTimeout(done, 4000, null))])
  expect(first).toBeNull()
  expect(watched.monitor.summary().usage.peakMemoryBytes).toBeGreaterThan(200 * 1024 ** 2)
})

it('writes lines that its schema reads, the first at once', async () => {
  await using watched = await watch('exec sleep 30', {})
  await writeFile(join(watched.folder, 'file'), 'x')
  const { contention, exceeded } = watched.monitor.summary()
  const lines = (await watched.lines()).map((line) => monitorSampleSchema.parse(line))
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatchObject({ ownCores: null, busyCores: null })
  expect(lines[1]?.busyCores).toBeGreaterThanOrEqual(0)
  expect(exceeded).toEqual([])
  expect(contention?.meanOtherCores).toBeGreaterThanOrEqual(0)
})

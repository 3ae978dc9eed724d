import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runCommand } from '../../src/lib/process.ts'
import { readJournal } from '../../src/run/journal.ts'

const ptb = [process.execPath, fileURLToPath(new URL('../../bin/ptb.mjs', import.meta.url))] as const

it('finishes what was started when `ptb run` is killed, and then runs only what is missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-detached-'))
  try {
    await mkdir(join(folder, 'slow'))
    await writeFile(join(folder, 'slow', 'solve.sh'), 'sleep 8\ncp -r "$BASE_MODEL" final_model\n')
    const file = join(folder, 'experiment.yaml')
    await writeFile(file, experiment(1))
    const runs = join(folder, 'detached', 'runs')
    const first = spawn(ptb[0], [ptb[1], 'run', file, '--results', folder, '--no-baselines'], {
      stdio: 'ignore',
    })
    await until(async () => (await statuses(folder)).some(({ phase }) => phase === 'solve'))
    first.kill('SIGKILL')
    await once(first, 'exit')
    await until(async () => (await statuses(folder)).every(({ status }) => status === 'finished'))
    const [id = ''] = await readdir(runs)
    const before = await readJournal(join(runs, id))
    expect(before.attempts).toHaveLength(1)

    await writeFile(file, experiment(2))
    const second = await runCommand([...ptb, 'run', file, '--results', folder, '--no-baselines'], {
      timeoutMs: 300_000,
    })
    expect(second.code).toBe(0)
    expect((await statuses(folder)).map(({ status }) => status)).toEqual(['finished', 'finished'])
    expect((await readJournal(join(runs, id))).lastSeq).toBe(before.lastSeq)

    await writeFile(file, experiment(2).replace('graceSeconds: 2', 'graceSeconds: 4'))
    const changed = await runCommand([...ptb, 'run', file, '--results', folder])
    expect(changed.code).toBe(2)
    expect(changed.stderr).toContain('graceSeconds: 2 -> 4')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 900_000)

function experiment(repeats: number): string {
  return `name: detached
protocol: nano-v1
baseModels: [nano-base]
benchmarks: [nano-arith]
agents: { slow: { path: slow } }
budget: { minutes: 2 }
repeats: ${repeats}
limits: { cpus: 1 }
graceSeconds: 2
`
}

async function statuses(folder: string): Promise<{ status: string; phase: string | null }[]> {
  const { stdout } = await runCommand([...ptb, 'status', join(folder, 'detached'), '--json'])
  return stdout === '' ? [] : JSON.parse(stdout)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 240_000; Date.now() < end; await new Promise((done) => setTimeout(done, 300)))
    if (await condition()) return
  throw new Error('it did not happen')
}

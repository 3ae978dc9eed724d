import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { hashFolder } from '../../../src/lib/hash.ts'
import { runCommand } from '../../../src/lib/process.ts'
import { readJournal } from '../../../src/run/journal.ts'
import { partialSuffix } from '../../../src/run/layout.ts'
import { isBoundary, nameStrike, planInstants, shortLife, traceRun } from '../kill-points.ts'
import type { Strike, TracedPoint } from './strike.ts'

/** Of another name, so that it cannot see that the older worker lives, and with slots of its own: another machine. */
const elsewhere = ['unshare', '--uts', 'sh', '-c', 'hostname elsewhere && exec "$0" "$@"']

/** Why no worker can be made believe that it is on another machine; null when one can. */
async function whyNoOtherMachine(): Promise<string | null> {
  const tried = await runCommand([...elsewhere, 'true'])
  return tried.code === 0 ? null : 'needs the right to give a process another host name (root)'
}

/** Where a worker may stand still: at its boundaries, and in between. */
function planStops(points: readonly TracedPoint[], seed: number): Strike[] {
  const boundaries = points.filter((one) => one.point.startsWith('worker:') && isBoundary(one))
  const instants = planInstants(points, { seed, perEffect: 2 }).filter(
    ({ point }) => point.startsWith('worker:') && point.includes(':intent '),
  )
  return [...boundaries.map(({ point }) => ({ point, delayMs: 0 })), ...instants].map(
    ({ point, delayMs }) => ({
      point,
      delayMs,
      victims: ['worker'],
      signal: 'SIGSTOP',
    }),
  )
}

/** Two workers on one run: the older one stands still, the newer one brings the run to its end, the older one wakes. */
export async function describeFencing(
  sandbox: string,
  choose: (stops: readonly Strike[]) => readonly Strike[],
): Promise<void> {
  const reason = await whyNoOtherMachine()
  const stops = choose(planStops((await traceRun(sandbox)).points, 1))
  describe(`two workers in ${sandbox}`, { concurrent: true, timeout: 120_000 }, () => {
    it.for(stops.map((stop) => [nameStrike(stop), stop] as const))(
      'the older one stopped: %s',
      async ([, stop], { skip }) => {
        if (reason !== null) skip(reason)
        await using life = await shortLife(sandbox)
        const mark = join(life.runPath, '..', 'struck')
        const older = life.startWorker({ PTB_TEST_STRIKE: JSON.stringify(stop), PTB_TEST_STRUCK: mark })
        const ended = once(older, 'exit')
        while (!existsSync(mark) && older.exitCode === null) await sleep(20)
        const TMPDIR = join(life.runPath, '..', 'tmp')
        await mkdir(TMPDIR, { mode: 0o711 })
        await once(life.startWorker({ TMPDIR }, elsewhere), 'exit')
        const result = await life.result()
        const before = await readFinished(life.runPath)

        older.kill('SIGCONT')
        expect(await ended).toEqual([0, null])
        const { attempts, outcome } = await readJournal(life.runPath)
        expect({ outcome: outcome?.kind, attempts: attempts.length }).toEqual({
          outcome: 'scored',
          attempts: 1,
        })
        expect((await life.agentLog(1)).match(/ out started$/gm)).toHaveLength(1)
        expect(await life.result()).toEqual(result)
        expect(await readFinished(life.runPath)).toEqual(before)
      },
    )
  })
}

/** All files, without what the older worker was in the middle of writing and may clear away. */
async function readFinished(runPath: string): Promise<unknown> {
  const { files } = await hashFolder(runPath)
  return files.filter(({ path }) => !path.endsWith('.tmp') && !path.includes(partialSuffix))
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { processIdentity } from '../../src/lib/process.ts'
import { findGuard, findProcesses, until, type TestRun } from './bench.ts'
import type { Rig } from './rig.ts'

export function describeEnding(rig: Rig): void {
  describe('the end', { concurrent: false }, () => {
    const guardOf = (run: TestRun): number =>
      findGuard(run.process.members()[0] ?? 0, rig.inSockets('guard.sock'))
    /** Ignores TERM, holds the output, has left its parent, its session and its group. */
    const stubborn =
      'trap "" TERM; (setsid sh -c "trap \\"\\" TERM; while :; do date +%s%N > beat; sleep 0.05; done" &) ; ' +
      'while :; do sleep 0.1; done'

    test('is polite first', async () => {
      await using run = await rig.shell(
        'trap "echo goodbye; exit 3" TERM; echo up; while :; do sleep 0.05; done',
      )
      await until(() => run.stdout() === 'up\n')
      await run.process.terminate(3000)
      expect(await run.finish()).toMatchObject({ code: 3, stdout: 'up\ngoodbye\n' })
    })

    test('comes within the grace and 5 s for what ignores it, and is proven', async () => {
      await using run = await rig.shell(stubborn)
      await untilBeating(rig.bench)
      const before = performance.now()
      await run.process.terminate(500)
      expect(run.process.members().length).toBeGreaterThanOrEqual(2)
      await run.process.kill()
      const proof = await run.process.proveDead(5000)
      expect(performance.now() - before).toBeLessThan(5500)
      expect(proof).toMatchObject({ proven: rig.provable(run), left: [] })
      expect(await hasStopped(rig.bench)).toBe(true)
      expect(await run.process.exited).toMatchObject({ signal: 'SIGKILL' })
    })

    test('of the main process leaves its background to be seen and killed', async () => {
      const nap = `sleep ${1e6 + Math.floor(Math.random() * 1e6)}`
      await using run = await rig.shell(`setsid ${nap} & exit 0`)
      expect(await run.process.exited).toMatchObject({ code: 0, reported: true })
      await sleep(100)
      expect(run.process.members()).toHaveLength(1)
      expect(await run.process.proveDead(5000)).toMatchObject({ left: [] })
      expect(findProcesses(nap)).toEqual([])
    })

    test('comes by the guard when the supervisor forgets the deadline', async () => {
      await using run = await rig.shell(stubborn, { deadlineInMs: 300, graceMs: 300 })
      await untilBeating(rig.bench)
      const exit = await run.process.exited
      expect(exit.signal ?? `${exit.code}`).toMatch(/SIGKILL|137/)
      expect(run.events).toContainEqual(expect.objectContaining({ event: 'terminating', why: 'deadline' }))
      expect(await hasStopped(rig.bench)).toBe(true)
    })

    test('comes when the guard is killed', async () => {
      await using run = await rig.shell(stubborn)
      await untilBeating(rig.bench)
      process.kill(guardOf(run), 'SIGKILL')
      expect(await run.process.exited).toMatchObject({ reported: false })
      await until(() => run.process.members().length === 0)
      expect(await hasStopped(rig.bench)).toBe(true)
    })

    test('is not hindered by a stopped guard', async () => {
      await using run = await rig.shell(stubborn)
      await untilBeating(rig.bench)
      process.kill(guardOf(run), 'SIGSTOP')
      await run.process.terminate(200)
      expect(await run.process.proveDead(5000)).toMatchObject({
        proven: rig.provable(run),
        left: [],
      })
      expect(await hasStopped(rig.bench)).toBe(true)
    })

    test('is not hindered by a payload that signals everybody', async () => {
      await using run = await rig.shell(
        rig.flags.isolatesProcesses ? 'kill -STOP -1; kill -KILL -1; kill -KILL $$' : 'kill -KILL $$',
      )
      expect((await run.process.exited).code).not.toBe(0)
      expect(await run.process.proveDead(5000)).toMatchObject({
        proven: rig.provable(run),
        left: [],
      })
    })

    test.for(['running', 'stopped'] as const)(
      'comes when the supervisor is killed, guard %s',
      async (state, context) => {
        if (state === 'stopped') rig.needs(context, 'isolatesProcesses')
        const supervisor = spawn(
          process.execPath,
          [join(import.meta.dirname, 'lone-supervisor.ts'), rig.title, stubborn],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        )
        context.onTestFinished(() => void supervisor.kill('SIGKILL'))
        const [line]: unknown[] = await once(supervisor.stdout, 'data')
        const [folder = '', member = ''] = String(line).trim().split(/[ ,]/)
        const other = { workspace: { source: join(folder, 'workspace') } }
        await untilBeating(other)
        if (state === 'stopped') process.kill(findGuard(Number(member)), 'SIGSTOP')
        supervisor.kill('SIGKILL')
        await until(() => processIdentity(Number(member)) === null)
        expect(await hasStopped(other)).toBe(true)
        await rm(folder, { recursive: true, force: true })
      },
    )
  })
}

interface Beating {
  readonly workspace: { readonly source: string }
}

async function untilBeating(bench: Beating): Promise<void> {
  const path = join(bench.workspace.source, 'beat')
  await rm(path, { force: true })
  await until(() => existsSync(path))
}

/** Nobody writes the heartbeat any more. */
async function hasStopped(bench: Beating): Promise<boolean> {
  const path = join(bench.workspace.source, 'beat')
  const last = readFileSync(path, 'utf8')
  await sleep(300)
  return readFileSync(path, 'utf8') === last
}

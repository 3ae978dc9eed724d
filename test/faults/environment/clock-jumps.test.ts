import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { foldPhaseSpans } from '../../../src/results/phase-spans.ts'
import { readRunStatus } from '../../../src/results/run-status.ts'
import { readJournal, readJournalLines } from '../../../src/run/journal.ts'
import { parseEvaluationReceipt, splitEvaluation } from '../../../src/run/phases/evaluate.ts'
import { createLife, type Life, type LifeOptions } from '../../life/rig.ts'
import { findSandbox } from './find-sandbox.ts'

const preload = fileURLToPath(new URL('shifted-clock.mjs', import.meta.url))
const dayMs = 86_400_000
const { sandbox } = await findSandbox()

interface JumpyLife extends AsyncDisposable {
  readonly life: Life
  /** For processes of the run. */
  readonly env: Readonly<Record<string, string>>
  /** Sets the wall clock of all of them. */
  jump(byMs: number): Promise<void>
}

async function createJumpyLife(options: Omit<LifeOptions, 'sandbox'>): Promise<JumpyLife> {
  const life = await createLife({ ...options, sandbox: sandbox.id })
  const clock = join(life.runPath, '..', 'clock')
  return {
    life,
    env: { NODE_OPTIONS: `--import=${preload}`, PTB_TEST_CLOCK: clock },
    jump: (byMs) => writeFile(clock, String(byMs)),
    [Symbol.asyncDispose]: () => life[Symbol.asyncDispose](),
  }
}

/** What must hold of any run, whatever its clock showed. */
async function expectSaneRecord({ runPath }: Life): Promise<void> {
  const lines = await readJournalLines(runPath)
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1))
  expect(lines.at(-1)?.type).toBe('finished')
  const last = (await readJournal(runPath)).attempts.length
  const spans = foldPhaseSpans(lines).filter(({ attempt }) => attempt === last)
  expect(spans.map(({ endedAt }) => endedAt)).not.toContain(null)
  expect((await readRunStatus(runPath))?.elapsedMs).toBeGreaterThanOrEqual(0)
  const receipt = (await readJournal(runPath)).attempts.at(-1)?.receipts.get('evaluate/final')
  const { metrics } = splitEvaluation(parseEvaluationReceipt(receipt))
  expect(metrics?.durationMs).toBeGreaterThanOrEqual(0)
  expect(metrics?.durationMs).toBeLessThan(60_000)
}

const jumps = [
  ['a day forwards', dayMs],
  ['a day backwards', -dayMs],
] as const

describe('clock jumps', { concurrent: true, timeout: 120_000 }, () => {
  it.each(jumps)('%s while the agent runs: it has its whole time and is scored', async (_, byMs) => {
    await using jumpy = await createJumpyLife({ solve: 'echo started; sleep 2; ./timer; save true true' })
    const { life } = jumpy
    const ended = once(life.startWorker(jumpy.env), 'exit')
    await life.untilPrinted('started')
    await jumpy.jump(byMs)
    await ended
    const result = await life.result()
    expect(result).toMatchObject({ outcome: { reason: 'scored' }, ownScore: { accuracy: 1 }, attempts: 1 })
    expect(result.solve.durationMs).toBeLessThan(30_000)
    expect(await life.agentLog(1)).toMatch(/ out 0:00:5\d\n/)
    await expectSaneRecord(life)
  })

  it.each(jumps)('%s while the agent runs: the deadline holds', async (_, byMs) => {
    await using jumpy = await createJumpyLife({
      solve: 'save true true; echo started; sleep 60',
      budgetSeconds: 4,
    })
    const { life } = jumpy
    const ended = once(life.startWorker(jumpy.env), 'exit')
    await life.untilPrinted('started')
    await jumpy.jump(byMs)
    await ended
    const result = await life.result()
    expect(result).toMatchObject({ outcome: { reason: 'scored/at_deadline' }, ownScore: { accuracy: 1 } })
    expect(result.solve.durationMs).toBeGreaterThanOrEqual(4000)
    expect(result.solve.durationMs).toBeLessThan(10_000)
  })

  it.each(jumps)('%s between two workers: the second one adopts the agent', async (_, byMs) => {
    await using jumpy = await createJumpyLife({ solve: 'echo started; sleep 4; save true true' })
    const { life } = jumpy
    const first = life.startWorker(jumpy.env)
    await life.untilPrinted('started')
    first.kill('SIGKILL')
    await once(first, 'exit')
    await jumpy.jump(byMs)
    expect(await readRunStatus(life.runPath)).toMatchObject({ status: 'orphaned', phase: 'solve' })
    await once(life.startWorker(jumpy.env), 'exit')
    expect(await life.result()).toMatchObject({ outcome: { reason: 'scored' }, attempts: 1 })
    expect((await life.agentLog(1)).match(/started/g)).toHaveLength(1)
    await expectSaneRecord(life)
  })

  it.each(jumps)(
    '%s during the wait for the next attempt: it is not longer, and one follows',
    async (_, byMs) => {
      await using jumpy = await createJumpyLife({
        solve: 'echo started; sleep 3; save true true',
        infraRetries: 1,
      })
      const { life } = jumpy
      const first = life.startWorker({ ...jumpy.env, PTB_TEST_FIRST_WAIT_MS: '1500' })
      await life.untilPrinted('started')
      const supervisor = (await life.events(1)).find(({ type }) => type === 'supervisor_started')
      if (supervisor?.type === 'supervisor_started') process.kill(supervisor.pid, 'SIGKILL')
      while ((await readJournal(life.runPath)).attempts.at(0)?.ended == null)
        await new Promise((done) => setTimeout(done, 20))
      first.kill('SIGKILL')
      await once(first, 'exit')
      await jumpy.jump(byMs)
      await once(life.startWorker({ ...jumpy.env, PTB_TEST_FIRST_WAIT_MS: '1500' }), 'exit')
      expect(await life.result()).toMatchObject({ outcome: { reason: 'scored' }, attempts: 2 })
      await expectSaneRecord(life)
    },
  )
})

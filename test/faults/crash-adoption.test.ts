import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { readJournalLines } from '../../src/run/journal.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'
import { createLife } from '../life/rig.ts'

const budgetSeconds = 6

describe('re-adoption', { concurrent: true, timeout: 120_000 }, () => {
  it.for(sandboxes)(
    'in $id: the same supervisor, the same agent, the same deadline',
    async (sandbox, { skip }) => {
      const { available, detail } = await sandbox.probe()
      if (!available) skip(detail)
      const solve = 'echo started; save true true; while :; do sleep 0.2; done'
      await using life = await createLife({ sandbox: sandbox.id, solve, budgetSeconds })
      const first = life.startWorker()
      await life.untilPrinted('started')
      first.kill('SIGKILL')
      await once(first, 'exit')
      await life.work()

      expect(await life.result()).toMatchObject({ outcome: { reason: 'scored/at_deadline' }, attempts: 1 })
      const events = await life.events(1)
      const timesOf = (type: string): number[] =>
        events.filter((event) => event.type === type).map(({ at }) => Date.parse(at))
      expect(events[0]).toMatchObject({ type: 'supervisor_started', budgetMs: budgetSeconds * 1000 })
      expect(timesOf('supervisor_started')).toHaveLength(1)
      const [[started = 0], [deadline = 0]] = [timesOf('agent_started'), timesOf('deadline')]
      const workers = (await readJournalLines(life.runPath)).filter(({ type }) => type === 'worker')
      expect(workers).toHaveLength(2)
      // A deadline that began anew with the worker that adopted it would be later than this.
      const adopted = Date.parse(workers[1]?.at ?? '')
      expect(deadline).toBeLessThan(adopted + budgetSeconds * 1000)
      expect(deadline).toBeGreaterThanOrEqual(started + (budgetSeconds - 1) * 1000)
    },
  )
})

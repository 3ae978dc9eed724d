import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readJournalLines } from '../../../src/run/journal.ts'
import { createLife, type Life } from '../../life/rig.ts'
import { findSandbox } from './find-sandbox.ts'

const preload = fileURLToPath(new URL('stale-reads.mjs', import.meta.url))
const { sandbox } = await findSandbox()
const solve = 'echo started; sleep 3; save true true; echo done'

interface Staleness {
  readonly names: readonly string[]
  /** Of each file, until the reader sees what is there. */
  readonly reads: number
  /** That it sees until then. */
  readonly lines: number
}

function staleReader(staleness: Staleness): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${preload}`, PTB_TEST_STALE: JSON.stringify(staleness) }
}

async function summarise(life: Life): Promise<unknown> {
  const { outcome, ownScore, attempts } = await life.result()
  const lines = await readJournalLines(life.runPath)
  return {
    reason: outcome.reason,
    accuracy: ownScore?.accuracy,
    attempts,
    agentStarts: (await life.agentLog(1)).match(/ out started$/gm)?.length,
    linesInOrder: lines.every(({ seq }, index) => seq === index + 1),
    ends: lines.filter(({ type }) => type === 'finished').length,
  }
}

const undisturbed = {
  reason: 'scored',
  accuracy: 1,
  attempts: 1,
  agentStarts: 1,
  linesInOrder: true,
  ends: 1,
}

describe('stale reads', { concurrent: true, timeout: 120_000 }, () => {
  it.each([0, 3])(
    'a worker that takes over sees only %i lines of the journal: the agent is adopted',
    async (lines) => {
      await using life = await createLife({ sandbox: sandbox.id, solve })
      const first = life.startWorker()
      await life.untilPrinted('started')
      first.kill('SIGKILL')
      await once(first, 'exit')
      await once(life.startWorker(staleReader({ names: ['journal.jsonl'], reads: 20, lines })), 'exit')
      expect(await summarise(life)).toEqual(undisturbed)
    },
  )

  it.each([0, 1])(
    "a worker sees only %i lines of the supervisor's events for a while: none is lost",
    async (lines) => {
      await using life = await createLife({ sandbox: sandbox.id, solve: 'echo started; save true true' })
      await once(life.startWorker(staleReader({ names: ['events.jsonl'], reads: 15, lines })), 'exit')
      expect(await summarise(life)).toEqual(undisturbed)
    },
  )

  it('a worker that does not see that another one lives: one of them goes on', async () => {
    await using life = await createLife({ sandbox: sandbox.id, solve })
    const first = life.startWorker()
    await life.untilPrinted('started')
    const second = life.startWorker(staleReader({ names: ['journal.jsonl'], reads: 20, lines: 0 }))
    await Promise.all([once(first, 'exit'), once(second, 'exit')])
    expect(await summarise(life)).toEqual(undisturbed)
  })

  it('a worker that does not see that the run is over: it changes nothing', async () => {
    await using life = await createLife({ sandbox: sandbox.id, solve: 'echo started; save true true' })
    await life.work()
    await once(life.startWorker(staleReader({ names: ['journal.jsonl'], reads: 20, lines: 4 })), 'exit')
    expect(await summarise(life)).toEqual(undisturbed)
  })
})

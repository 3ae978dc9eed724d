import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it, type TestContext } from 'vitest'
import type { Sandbox, SandboxFlags } from '../../../src/domain/sandbox.ts'
import { isSameProcessAlive, processIdentity, type ProcessIdentity } from '../../../src/lib/process.ts'
import { findGuard } from '../../sandboxes/bench.ts'
import { escapesTogether, readReplies, renderEscapes, type Escape } from '../../sandboxes/escapes.ts'
import { startWatchedLife, untilTrue, type FinishedLife, type WatchedLife } from './life.ts'

const graceSeconds = 1
/** From the deadline to the proof, beside the grace. */
const provenWithinMs = 5000
/** The guard acts so long after the deadline when its supervisor does not, and looks twice a second. */
const guardSlackMs = 3500
/** What a busy machine may add to any time. */
const noiseMs = 10_000
const limits = { pids: 160 }

/** Who is stopped before the deadline, and who of them goes on first, after it. */
export interface Stop {
  readonly who: string
  readonly stopped: readonly ('supervisor' | 'guard')[]
  readonly first?: 'supervisor' | 'guard'
}

export interface DeadlineOptions {
  /** Each in a run of its own; those that need no limit are also tried in one run together. */
  readonly alone: readonly Escape[]
  readonly stops: readonly Stop[]
  /** From the end of the last run until the seals are looked at again. */
  readonly quietMs: number
}

/** The deadline of whole runs: what it ends, and that it stands whoever is stopped. */
export function describeDeadline(sandbox: Sandbox, flags: SandboxFlags, options: DeadlineOptions): void {
  const timeout = 180_000 + options.quietMs
  describe(`deadline in ${sandbox.id}`, { concurrent: true, timeout }, () => {
    const ended: WatchedLife[] = []
    afterAll(async () => {
      for (const watched of ended) await watched[Symbol.asyncDispose]()
    })

    const cases = [
      { name: 'all escapes at once', chosen: escapesTogether, budgetSeconds: 15 },
      ...options.alone.map((escape) => ({ name: escape.name, chosen: [escape], budgetSeconds: 8 })),
    ]

    it.for(cases)('ends $name', async ({ chosen, budgetSeconds }) => {
      const watched = await startWatchedLife(
        { sandbox: sandbox.id, solve: renderEscapes(chosen), budgetSeconds, graceSeconds, limits },
        (output) => readReplies(output).size === chosen.length,
      )
      ended.push(watched)
      expect(watched.witness.look().length).toBeGreaterThan(chosen.length)
      const finished = await watched.finish()
      expect(finished).toMatchObject(atDeadline(finished, flags))
      expect(finished.record.durationMs).toBeGreaterThanOrEqual(budgetSeconds * 1000)
      expect(finished.record.death.tookMs).toBeLessThan(graceSeconds * 1000 + provenWithinMs + noiseMs)
      expect(await watched.differences()).toEqual([])
    })

    it.for(options.stops)('is not moved by SIGSTOP of $who', async (stop, context) => {
      const budgetSeconds = 6
      const watched = await startWatchedLife(
        { sandbox: sandbox.id, solve: "trap '' TERM; echo ready", budgetSeconds, graceSeconds },
        (output) => output.includes('ready'),
      )
      ended.push(watched)
      await endWhileStopped(watched, stop, context)
      const finished = await watched.finish()
      const byGuard = stop.stopped.includes('supervisor') && stop.first !== 'supervisor'
      expect(finished).toMatchObject(atDeadline(finished, flags))
      expect(finished.notices.map((text) => text.includes('the guard ended the agent'))).toEqual(
        byGuard ? [true] : [],
      )
      // As long as one of them goes on, the agent has no more time than it would have had.
      const mostMs = stop.first === undefined ? guardSlackMs + noiseMs : Infinity
      expect(finished.record.durationMs).toBeGreaterThanOrEqual(budgetSeconds * 1000)
      expect(finished.record.durationMs).toBeLessThan(budgetSeconds * 1000 + mostMs)
      expect(await watched.differences()).toEqual([])
    })

    it('leaves what was sealed as it was, a while later', { concurrent: false }, async () => {
      await sleep(options.quietMs)
      expect(ended).not.toEqual([])
      expect(await Promise.all(ended.map((watched) => watched.differences()))).toEqual(ended.map(() => []))
    })
  })
}

/** What is known of every run that was ended by its deadline. */
function atDeadline({ record, uid }: FinishedLife, flags: SandboxFlags): object {
  // As the harness's own user, or root, an agent on the host could have had somebody else start something.
  const apart = flags.isolatesFiles || (uid !== null && uid !== 0)
  const proven = flags.isolatesProcesses ? apart : record.death.proven
  return {
    record: { end: 'deadline', death: { proven } },
    result: {
      outcome: { kind: 'scored', reason: 'scored/at_deadline' },
      solve: { ended: 'deadline' },
      death: proven ? 'proven' : 'unproven',
    },
  }
}

/** Returns when the agent is dead and the supervisor goes on. */
async function endWhileStopped(
  { witness, supervisor, budgetMs }: WatchedLife,
  { stopped, first }: Stop,
  context: TestContext,
): Promise<void> {
  const guard = processIdentity(findGuard(witness.look()[0]?.pid ?? 0))
  const who = { supervisor, guard }
  context.onTestFinished(() => signal(supervisor, 'SIGCONT'))
  for (const name of stopped) signal(who[name], 'SIGSTOP')
  if (first !== undefined) {
    await sleep(budgetMs + 1000)
    if (witness.survivors().length === 0)
      throw new Error('somebody ended the agent although both were stopped')
    signal(who[first], 'SIGCONT')
  }
  await untilTrue(() => witness.survivors().length === 0)
  signal(supervisor, 'SIGCONT')
}

function signal(identity: ProcessIdentity | null, name: 'SIGSTOP' | 'SIGCONT'): void {
  if (identity !== null && isSameProcessAlive(identity)) process.kill(identity.pid, name)
}

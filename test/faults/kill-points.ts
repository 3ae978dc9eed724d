import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunResult } from '../../src/domain/result.ts'
import { readJournal } from '../../src/run/journal.ts'
import { createLife, type Life } from '../life/rig.ts'

/** A short agent that hands in what scores, and says that it was started. */
const solve = 'echo started; ./timer; save true true; ./evaluate --limit 2 || true; echo done'

function shortLife(sandbox: string): Promise<Life> {
  return createLife({ sandbox, solve, infraRetries: 2, budgetSeconds: 60 })
}

/** Where a process of ours may die: `<process>:<before|after>:<line>`. */
export type KillPoint = string

/** All of them, in their order, from a run that nobody disturbs: a new effect is among them by itself. */
export async function listKillPoints(sandbox: string): Promise<{ points: KillPoint[]; result: RunResult }> {
  await using life = await shortLife(sandbox)
  const mark = join(life.runPath, '..', 'boundaries')
  await once(life.startWorker({ PTB_TEST_MARK: mark }), 'exit')
  const points = (await readFile(mark, 'utf8')).trimEnd().split('\n')
  return { points: [...new Set(points)], result: await life.result() }
}

export interface Survival {
  readonly result: RunResult
  /** How often an agent was started in each attempt. */
  readonly starts: readonly number[]
  readonly failures: readonly string[]
  /** What stands in the place of the run's files when nobody goes on with it. */
  readonly finished: boolean
}

/** A run whose process dies at one point, and which other workers then bring to its end. */
export async function surviveKill(sandbox: string, point: KillPoint): Promise<Survival> {
  await using life = await shortLife(sandbox)
  const mark = join(life.runPath, '..', 'killed')
  await once(life.startWorker({ PTB_TEST_KILL: point, PTB_TEST_MARK: mark }), 'exit')
  if (!existsSync(mark)) throw new Error(`nothing came to ${point}`)
  await life.work()
  const { attempts, outcome } = await readJournal(life.runPath)
  const starts = await Promise.all(
    attempts.map(async ({ number }) => ((await life.agentLog(number)).match(/ out started$/gm) ?? []).length),
  )
  return {
    result: await life.result(),
    starts,
    failures: attempts.flatMap(({ ended }) => ended?.outcome?.reason ?? []),
    finished: outcome !== null,
  }
}

/** What two runs must have in common; times and usage are their own. */
export function essence(result: RunResult): unknown {
  const { finishedAt: _at, solve: how, resources: _used, attempts: _tries, verdict, ...rest } = result
  const { startedAt: _start, durationMs: _took, ...ended } = how
  return { ...rest, solve: ended, verdict: verdict === null ? null : { ...verdict, at: '' } }
}

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SolveRecord } from '../../../src/domain/attempt-event.ts'
import type { RunResult } from '../../../src/domain/result.ts'
import { sealRecordSchema } from '../../../src/domain/seal.ts'
import { hashFolder } from '../../../src/lib/hash.ts'
import type { ProcessIdentity } from '../../../src/lib/process.ts'
import { attemptLayout } from '../../../src/run/layout.ts'
import { readAttemptProgress } from '../../../src/run/phases/solve.ts'
import { createLife, type LifeOptions } from '../../life/rig.ts'
import { escapeLock, escapeMark } from '../../sandboxes/escapes.ts'
import { createWitness, type Witness } from '../../sandboxes/witness.ts'

/** The first attempt of a whole run, with an eye on its agent that does not depend on the harness. */
export interface WatchedLife extends AsyncDisposable {
  readonly witness: Witness
  readonly supervisor: ProcessIdentity
  readonly budgetMs: number
  /** Waits for the run's end. */
  finish(): Promise<FinishedLife>
  /** Who of the agent is alive although its death was proven, and what of the submission is not as it was sealed. */
  differences(): Promise<string[]>
}

export interface FinishedLife {
  readonly result: RunResult
  readonly record: SolveRecord
  readonly notices: readonly string[]
  /** Whom the agent was; null for the harness's own user. */
  readonly uid: number | null
}

/** Starts a run whose agent hands in a submission, does as `solve` says, and then waits; resolves once `ready` holds. */
export async function startWatchedLife(
  options: LifeOptions,
  ready: (output: string) => boolean,
): Promise<WatchedLife> {
  const id = randomBytes(4).toString('hex')
  const mark = `${escapeMark}=${id}`
  const life = await createLife({
    ...options,
    solve: `export ${mark}\nexec 9>> ${escapeLock}; flock -s 9\nsave true true\n${options.solve}\necho waiting\nwhile :; do sleep 1; done`,
  })
  const ended = once(life.startWorker(), 'exit')
  const layout = attemptLayout(life.runPath, 1)
  await untilTrue(async () => {
    const output = await life.agentLog(1)
    return output.includes('waiting') && ready(output)
  })
  const witness = createWitness(mark, join(layout.live, escapeLock))
  const { supervisor, budgetMs } = await readAttemptProgress(life.runPath, 1)
  if (supervisor === null || budgetMs === null) throw new Error('no supervisor has said that it runs')
  return {
    witness,
    supervisor,
    budgetMs,
    async finish() {
      await ended
      const events = await life.events(1)
      const { ended: record } = await readAttemptProgress(life.runPath, 1)
      if (record === null) throw new Error('the end of the agent is not recorded')
      const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))
      const uid = events.find((event) => event.type === 'supervisor_started')?.uid ?? null
      return { result: await life.result(), record, notices, uid }
    },
    async differences() {
      const { ended: record } = await readAttemptProgress(life.runPath, 1)
      const alive = record?.death.proven === false ? [] : witness.survivors()
      const sealed = sealRecordSchema.parse(JSON.parse(await readFile(layout.seal, 'utf8')))
      const then = new Map(sealed.files.map(({ path, sha256 }) => [path, sha256]))
      const now = new Map(
        (await hashFolder(layout.finalModel)).files.map(({ path, sha256 }) => [path, sha256]),
      )
      if (then.size === 0) return ['nothing was sealed']
      const paths = [...new Set([...then.keys(), ...now.keys()])]
      return [...alive, ...paths.filter((path) => then.get(path) !== now.get(path))]
    },
    async [Symbol.asyncDispose]() {
      witness.killSurvivors()
      witness[Symbol.dispose]()
      await life[Symbol.asyncDispose]()
    },
  }
}

/** Throws when it does not come true within a time that is long even on a busy machine. */
export async function untilTrue(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 60_000; !(await condition()); await sleep(100))
    if (performance.now() > end) throw new Error(`never came true: ${condition.toString()}`)
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../../src/domain/result.ts'
import { readJournal } from '../../../src/run/journal.ts'
import { createFakeHarness } from '../../fakes/harness.ts'
import { createLife, type Life } from '../../life/rig.ts'
import { findSandbox } from './find-sandbox.ts'
import { putOnSmallDisk, whyNoSmallDisk } from './small-disk.ts'

/** Where the disk becomes full, as `<process>:<before|after>:<line>`. */
export const fullDiskPoints = [
  'worker:after:worker',
  'worker:after:intent prepare/workspace',
  'worker:after:receipt prepare/workspace',
  'supervise:before:supervisor_started',
  'supervise:after:agent_started',
  'supervise:before:agent_exited',
  'supervise:before:solve_end',
  'worker:after:intent seal/workspace',
  'worker:before:receipt seal/workspace',
  'worker:after:intent evaluate/final',
  'worker:before:receipt evaluate/final',
  'worker:after:intent inspect/findings',
  'worker:after:intent inspect/verdict',
  'worker:before:attempt_end',
  'worker:before:finished',
] as const

/** Talks more than fits into what is left of a page, and asks for what the supervisor has to write down. */
const solve = 'echo started; sleep 1; seq 3000; save true true; ./evaluate --limit 2 || true; echo done'

export function describeFullDisk(points: readonly string[]): void {
  describe('full disk', { concurrent: true, timeout: 120_000 }, async () => {
    const reason = await whyNoSmallDisk()
    const { sandbox } = await findSandbox()
    const undisturbed = reason === null ? await runUndisturbed(sandbox.id) : null
    it.for(points)('from %s on', async (point, { skip }) => {
      if (reason !== null) skip(reason)
      await using life = await createLife({ sandbox: sandbox.id, solve, infraRetries: 0 })
      await using disk = await putOnSmallDisk(life)
      const { code, stderr } = await work(life, {
        PTB_TEST_KILL: point,
        PTB_TEST_MARK: join(life.runPath, '..', 'filled'),
        PTB_TEST_DO: disk.fillCommand,
      })
      const during = await readJournal(life.runPath)
      // No bug of ours, but what the operator can mend: said by the worker, or as the attempt's outcome.
      const gaveUp = code !== 0 && stderr.includes("code: 'disk/full'") ? 'the worker said so' : stderr
      expect(during.outcome?.reason ?? gaveUp).toMatch(
        /^(the worker said so|infra_failure\/disk_full|scored)$/,
      )

      await disk.free()
      await resume(life)
      const { attempts } = await readJournal(life.runPath)
      const starts = await Promise.all(
        attempts.map(async ({ number }) => {
          const events = await life.events(number)
          return events.filter(({ type }) => type === 'supervisor_started').length
        }),
      )
      expect({ last: starts.at(-1), most: Math.max(...starts) }).toEqual({ last: 1, most: 1 })
      expect(whatCounts(await life.result())).toEqual(undisturbed)
    })
  })
}

/** All but times, attempts, and how much of what the agent printed there was room for. */
function whatCounts({ outcome, ownScore, shadowScore, findings, verdict, modelHash }: RunResult): unknown {
  return { reason: outcome.reason, ownScore, shadowScore, findings, decision: verdict?.decision, modelHash }
}

async function runUndisturbed(sandbox: string): Promise<unknown> {
  await using life = await createLife({ sandbox, solve, infraRetries: 0 })
  await life.work()
  return whatCounts(await life.result())
}

/** As an operator would: where the worker only wrote down that the attempt had failed, once more. */
async function resume(life: Life): Promise<void> {
  for (let again = true; again;) {
    const before = await readJournal(life.runPath)
    await work(life, {}, ['--again'])
    const { outcome } = await readJournal(life.runPath)
    again = before.outcome === null && outcome?.kind === 'infra_failure'
  }
}

/** A worker of which one hears what it says. */
async function work(
  life: Life,
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const [command = '', ...args] = createFakeHarness(join(life.runPath, '..', 'catalog')).ptb
  const worker = spawn(command, [...args, 'worker', life.runPath, ...flags], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...env },
  })
  let stderr = ''
  worker.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = await once(worker, 'exit')
  return { code, stderr }
}

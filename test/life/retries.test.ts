import { once } from 'node:events'
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { RunState } from '../../src/domain/journal.ts'
import { runCommand } from '../../src/lib/process.ts'
import { readRunStatus } from '../../src/results/run-status.ts'
import { cancelRun } from '../../src/run/cancel.ts'
import { readJournal } from '../../src/run/journal.ts'
import { resumeRun } from '../../src/run/resume.ts'
import { createFakeHarness } from '../fakes/harness.ts'
import { createLife, type Life } from './rig.ts'

const solve = 'save true true'
const hourMs = '3600000'

/** A PATH on which the harness finds no Python: prepare fails, and may not the next time. */
async function pathWithoutPython(life: Life): Promise<string> {
  const bin = join(dirname(life.runPath), 'bin')
  await mkdir(bin)
  const { stdout } = await runCommand(['sh', '-c', 'command -v flock'])
  await symlink(stdout.trim(), join(bin, 'flock'))
  return bin
}

async function until(life: Life, test: (state: RunState) => boolean): Promise<RunState> {
  for (;;) {
    const state = await readJournal(life.runPath)
    if (test(state)) return state
    await sleep(20)
  }
}

const hasEnded = ({ attempts }: RunState): boolean => attempts.at(-1)?.ended != null

it('a wait outlives its worker, and is no shorter for it', async () => {
  await using life = await createLife({ sandbox: 'host', infraRetries: 1, solve })
  const first = life.startWorker({ PATH: await pathWithoutPython(life), PTB_TEST_FIRST_WAIT_MS: hourMs })
  await until(life, hasEnded)
  first.kill('SIGKILL')
  await once(first, 'exit')
  const waitMs = 1500
  await once(life.startWorker({ PTB_TEST_FIRST_WAIT_MS: String(waitMs) }), 'exit')
  expect(await life.result()).toMatchObject({ outcome: { kind: 'scored' }, attempts: 2 })
  const [failed, second] = (await readJournal(life.runPath)).attempts
  expect(failed?.ended?.outcome?.reason).toBe('infra_failure/test_no_python')
  expect(second?.why).toBe('infra_failure/test_no_python')
  expect(Date.parse(second?.startedAt ?? '')).toBeGreaterThanOrEqual(
    Date.parse(failed?.endedAt ?? '') + waitMs,
  )
})

it('a run that waits says so, holds no slot, and ends at once when it is cancelled', async () => {
  await using life = await createLife({ sandbox: 'host', infraRetries: 1, solve })
  const worker = life.startWorker({ PATH: await pathWithoutPython(life), PTB_TEST_FIRST_WAIT_MS: hourMs })
  await until(life, hasEnded)
  expect(await readRunStatus(life.runPath)).toMatchObject({
    status: 'running',
    waitsUntil: expect.stringMatching(/^\d{4}-/u),
  })
  const slotsHeld = async (): Promise<string[]> => {
    const fds = `/proc/${worker.pid}/fd`
    const open = await Promise.all((await readdir(fds)).map((fd) => readlink(join(fds, fd)).catch(() => '')))
    return open.filter((path) => path.includes('slot-'))
  }
  // the end of the attempt is on record a moment before the slot is free
  while ((await slotsHeld()).length > 0) await sleep(20)
  await cancelRun(life.runPath, 'no time to wait')
  await once(worker, 'exit')
  expect(await life.result()).toMatchObject({ outcome: { reason: 'cancelled/by_operator' }, attempts: 2 })
})

it('what waiting does not mend is not tried again until the operator says so', async () => {
  await using life = await createLife({ sandbox: 'host', infraRetries: 3, solve })
  const catalog = join(dirname(life.runPath), 'catalog')
  const protocol = join(catalog, 'protocols', 'counting-v1.yaml')
  const before = await readFile(protocol, 'utf8')
  await writeFile(protocol, before.replace('title: Counting', 'title: Counting otherwise'))
  await once(life.startWorker({ PTB_TEST_FIRST_WAIT_MS: hourMs }), 'exit')
  expect(await life.result()).toMatchObject({
    outcome: {
      reason: 'infra_failure/protocol_changed',
      detail: expect.stringContaining('not tried again, since waiting does not mend it'),
    },
    attempts: 1,
  })

  await writeFile(protocol, before)
  expect(await resumeRun(createFakeHarness(catalog), life.runPath)).toBe('tried again, as attempt 2')
  await until(life, ({ outcome }) => outcome?.kind === 'scored')
  expect(await life.result()).toMatchObject({ outcome: { kind: 'scored' }, attempts: 2 })
  expect(await resumeRun(createFakeHarness(catalog), life.runPath)).toBe('already finished (scored)')
})

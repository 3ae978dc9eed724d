import { chmod, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeSyntheticExperiment } from '../../bench/synthetic-experiment.ts'
import { notifySchema, type Notify } from '../domain/experiment.ts'
import { notificationSchema, type Notification } from '../domain/notification.ts'
import type { Outcome } from '../domain/outcome.ts'
import { readLock } from './plan/lock.ts'
import { notifyRunEnd, sendNotification, writeNotifyFile } from './notify.ts'

const scored: Outcome = { kind: 'scored', reason: 'scored', detail: 'fine' }
const failed: Outcome = { kind: 'infra_failure', reason: 'infra_failure/disk', detail: 'full' }

/** An experiment of one run, and a script that keeps what it is told. */
async function openFixture(
  script = 'cat >> "$(dirname "$0")/told"; echo "env:$PTB_SECRET" >> "$(dirname "$0")/env"',
) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-notify-'))
  const path = join(folder.path, 'synthetic')
  writeSyntheticExperiment(path, { runs: 1, agents: 1, items: 2 })
  const program = join(folder.path, 'tell me.sh')
  await writeFile(program, `#!/bin/sh\n${script}\n`)
  await chmod(program, 0o755)
  const id = (await readLock(path))?.runs[0]?.id ?? ''
  const notify = (on: Notify['on']): Notify =>
    notifySchema.parse({ command: [program], on, timeoutSeconds: 5 })
  const told = async (): Promise<Notification[]> => {
    const text = await readFile(join(folder.path, 'told'), 'utf8').catch(() => '')
    const lines = text.split('\n').filter((line) => line !== '')
    return lines.map((line) => notificationSchema.parse(JSON.parse(line)))
  }
  return {
    path,
    id,
    run: join(path, 'runs', id),
    program,
    at: (name: string) => join(folder.path, name),
    notify,
    told,
    [Symbol.asyncDispose]: () => folder.remove(),
  }
}

test.each<[Notify['on'], Outcome, string | null]>([
  [['run_finished'], scored, 'run_finished'],
  [['run_finished'], failed, 'run_finished'],
  [['run_finished', 'infra_failure'], failed, 'infra_failure'],
  [['infra_failure', 'experiment_finished'], scored, null],
])('a worker tells of its end once: on %j', async (on, outcome, event) => {
  await using fixture = await openFixture()
  await writeNotifyFile(fixture.path, { notify: fixture.notify(on), endPending: false })
  expect(await notifyRunEnd(fixture.run, outcome)).toBeNull()
  expect(await notifyRunEnd(fixture.run, outcome)).toBeNull()
  const expected = { event, experiment: 'synthetic', run: fixture.id, outcome, counts: null }
  expect(await fixture.told()).toMatchObject(event === null ? [] : [expected])
})

test('nobody is told where nobody asked, or the file is broken', async () => {
  await using fixture = await openFixture()
  expect(await notifyRunEnd(fixture.run, scored)).toBeNull()
  await writeFile(join(fixture.path, 'notify.json'), '{"notify":')
  expect(await notifyRunEnd(fixture.run, scored)).toBeNull()
})

test.each([
  ['fails', 'echo no network >&2; exit 7', /failed: it ended with exit code 7: no network$/u],
  ['reads nothing and fails', 'exec <&-; exit 1', /exit code 1/u],
])('a command that %s is one line', async (_, script, message) => {
  await using fixture = await openFixture(script)
  await writeNotifyFile(fixture.path, { notify: fixture.notify(['run_finished']), endPending: false })
  expect(await notifyRunEnd(fixture.run, scored)).toMatch(message)
})

test('a command that hangs is killed, and one that is not there is named', async () => {
  await using fixture = await openFixture('sleep 60')
  const about = { event: 'stuck', experiment: 'x', run: null, outcome: null, counts: null } as const
  const notify = { ...fixture.notify(['stuck']), timeoutSeconds: 0.2 }
  expect(await sendNotification(notify, about)).toMatch(/killed after 0.2 s/u)
  expect(await sendNotification({ ...notify, command: ['/no/such'] }, about)).toMatch(/ENOENT/u)
})

test('words of an agent arrive inert, no shell sees them, and nothing of ours is in the environment', async () => {
  await using fixture = await openFixture()
  process.env['PTB_SECRET'] = 'ours'
  const detail = `$(touch ${fixture.at('pwned')})\u001b[31m\n{"event":"stuck"}${'x'.repeat(9999)}`
  await writeNotifyFile(fixture.path, { notify: fixture.notify(['run_finished']), endPending: false })
  expect(await notifyRunEnd(fixture.run, { ...scored, detail })).toBeNull()
  delete process.env['PTB_SECRET']
  const [told] = await fixture.told()
  expect(told?.outcome?.detail).toMatch(/^\$\(touch [^\n\u001b]*$/u)
  expect(told?.outcome?.detail.length).toBeLessThanOrEqual(500)
  await expect(readFile(fixture.at('pwned'))).rejects.toThrow('ENOENT')
  expect(await readFile(fixture.at('env'), 'utf8')).toBe('env:\n')
})

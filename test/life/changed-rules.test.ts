import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { readJournal } from '../../src/run/journal.ts'
import { createLife } from './rig.ts'

it('rules that change while an agent works lose nothing: the run goes on when the change is undone', async () => {
  await using life = await createLife({
    solve: 'save 1 true\necho ready\nuntil [ -e go ]; do sleep 0.1; done',
    sandbox: 'host',
  })
  const protocol = join(dirname(life.runPath), 'catalog', 'protocols', 'counting-v1.yaml')
  const before = await readFile(protocol, 'utf8')
  const worker = life.startWorker()
  await life.untilPrinted('ready')
  await writeFile(protocol, before.replace('title: Counting', 'title: Counting otherwise'))
  await writeFile(join(life.runPath, 'attempts', '1', 'live', 'go'), '')
  await once(worker, 'exit')
  const stopped = await readJournal(life.runPath)
  expect(stopped.outcome).toBeNull()
  expect(stopped.attempts).toHaveLength(1)
  expect(stopped.attempts[0]?.ended).toBeNull()

  await writeFile(protocol, before)
  await life.work()
  expect(await life.result()).toMatchObject({ outcome: { kind: 'scored' }, attempts: 1 })
})

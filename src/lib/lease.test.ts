import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tryLease } from './lease.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'ptb-lease-'))

it('gives a lease to one holder at a time', () => {
  const place = folder()
  const first = tryLease('slot-0', place)
  expect(first).not.toBeNull()
  expect(tryLease('slot-0', place)).toBeNull()
  expect(tryLease('slot-1', place)).not.toBeNull()
  first?.[Symbol.dispose]()
  expect(tryLease('slot-0', place)).not.toBeNull()
})

it('frees the lease of a holder that was killed', async () => {
  const place = folder()
  const program = `
    import { tryLease } from ${JSON.stringify(new URL('lease.ts', import.meta.url).pathname)}
    console.log(tryLease('gpu', ${JSON.stringify(place)}) !== null)
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [chunk] = await once(holder.stdout, 'data')
  expect(String(chunk)).toBe('true\n')
  expect(tryLease('gpu', place)).toBeNull()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect(tryLease('gpu', place)).not.toBeNull()
})

it.runIf(process.platform === 'linux')('is held on by a child that inherited it', async () => {
  const place = folder()
  const lease = tryLease('gpu', place)
  const child = spawn('sleep', ['30'], { stdio: ['ignore', 'ignore', 'ignore', lease?.fd ?? 'ignore'] })
  lease?.[Symbol.dispose]()
  expect(tryLease('gpu', place)).toBeNull()
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(tryLease('gpu', place)).not.toBeNull()
})

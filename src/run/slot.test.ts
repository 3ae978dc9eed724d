import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSlot } from './slot.ts'

const never = new AbortController().signal
const before = process.env['TMPDIR']

/** Leases of its own, so that other runs of this machine are not in the way. */
beforeEach(async () => {
  process.env['TMPDIR'] = await mkdtemp(join(tmpdir(), 'ptb-slot-'))
})

afterEach(async () => {
  await rm(process.env['TMPDIR'] ?? '', { recursive: true, force: true })
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
})

it('waits for a free slot, and no longer than it is needed', async () => {
  using first = createSlot(1)
  await first.take({ signal: never })
  using second = createSlot(1)
  await second.take({ signal: never, unless: () => true })
  expect(second.lease()).toBeNull()
  const taken = second.take({ signal: never })
  first.release()
  await taken
  expect(second.lease()).not.toBeNull()
})

it.runIf(process.getuid?.() === 0)(
  'gives a run that goes on the slot of its agent’s identity, not another free one',
  async () => {
    using first = createSlot(2)
    await first.take({ signal: never })
    using other = createSlot(2)
    await other.take({ signal: never })
    expect(other.user()).not.toEqual(first.user())
    const user = other.user()
    first.release()
    using next = createSlot(2)
    const taken = next.take({ signal: never, user })
    other.release()
    await taken
    expect(next.user()).toEqual(user)
  },
)

import { expect, it } from 'vitest'
import { settleEnd } from './settle-end.ts'

const budgetMs = 10_000

it.each([
  ['an agent that ends early', 'finished', { noticedMs: 4000, exitedMs: 3990 }, 'finished', 4000],
  ['the deadline, noticed in time', 'deadline', { noticedMs: 10_003 }, 'deadline', 10_003],
  ['a cancellation', 'cancelled', { noticedMs: 12_000 }, 'cancelled', 12_000],
  [
    'an end by the guard, of which a stopped supervisor hears first',
    'finished',
    { noticedMs: 60_000, exitedMs: 13_900, guardEndedMs: 13_100 },
    'deadline',
    13_100,
  ],
  [
    'an end by the guard that itself was stopped',
    'deadline',
    { noticedMs: 60_000, exitedMs: null, guardEndedMs: 61_000 },
    'deadline',
    60_000,
  ],
  [
    'an agent that ended early while its supervisor was stopped',
    'deadline',
    { noticedMs: 60_000, exitedMs: 4000, guardEndedMs: 13_100 },
    'finished',
    4000,
  ],
  [
    'a sandbox that died with its guard while the supervisor was stopped',
    'finished',
    { noticedMs: 60_000 },
    'deadline',
    60_000,
  ],
  [
    'a guard that claims to have ended the agent before the deadline',
    'deadline',
    { noticedMs: 10_003, guardEndedMs: -5 },
    'deadline',
    10_000,
  ],
] as const)('%s', (_, noticed, times, end, durationMs) => {
  expect(settleEnd(noticed, { budgetMs, exitedMs: null, guardEndedMs: null, ...times })).toEqual({
    end,
    durationMs,
  })
})

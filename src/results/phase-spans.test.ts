import { expect, test } from 'vitest'
import { journalLineSchema, type JournalLine } from '../domain/journal.ts'
import { foldPhaseSpans } from './phase-spans.ts'

/** A line a minute, so that the minute does for the number. */
function line(epoch: number, minute: number, event: object): JournalLine {
  return journalLineSchema.parse({ seq: minute + 1, epoch, at: `2026-01-05T09:0${minute}:00.000Z`, ...event })
}

const solve = { attempt: 1, phase: 'solve', effect: 'agent' }
const inspect = { attempt: 1, phase: 'inspect' }

test('a phase lasts from its first intent to its last receipt', () => {
  const spans = foldPhaseSpans([
    line(1, 0, { type: 'intent', ...solve }),
    line(1, 4, { type: 'receipt', ...solve, data: null }),
    line(1, 5, { type: 'intent', ...inspect, effect: 'findings' }),
    line(1, 6, { type: 'receipt', ...inspect, effect: 'findings', data: null }),
    line(1, 7, { type: 'intent', ...inspect, effect: 'verdict' }),
    line(1, 8, { type: 'receipt', ...inspect, effect: 'verdict', data: null }),
  ])
  expect(spans).toEqual([
    {
      attempt: 1,
      phase: 'solve',
      startedAt: '2026-01-05T09:00:00.000Z',
      endedAt: '2026-01-05T09:04:00.000Z',
    },
    {
      attempt: 1,
      phase: 'inspect',
      startedAt: '2026-01-05T09:05:00.000Z',
      endedAt: '2026-01-05T09:08:00.000Z',
    },
  ])
})

test('a phase that a worker died in goes on under the next; the dead worker’s late lines do not count', () => {
  const spans = foldPhaseSpans([
    line(1, 0, { type: 'intent', ...solve }),
    line(2, 2, { type: 'intent', ...solve }),
    line(1, 3, { type: 'receipt', ...solve, data: null }),
  ])
  expect(spans).toEqual([
    { attempt: 1, phase: 'solve', startedAt: '2026-01-05T09:00:00.000Z', endedAt: null },
  ])
})

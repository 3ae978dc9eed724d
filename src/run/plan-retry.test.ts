import { describe, expect, it } from 'vitest'
import { foldJournal, type JournalEvent, type RunState } from '../domain/journal.ts'
import type { Outcome } from '../domain/outcome.ts'
import { explainHopeless, planRetry, retryTime } from './plan-retry.ts'

const endedAt = Date.UTC(2026, 0, 5, 9)
const second = 1000
const minute = 60 * second

function failure(what = 'supervisor_died'): Outcome {
  return { kind: 'infra_failure', reason: `infra_failure/${what}`, detail: 'it failed' }
}

function attemptOf(number: number, outcome: Outcome | null) {
  return { number, ended: { outcome }, endedAt: new Date(endedAt).toISOString() }
}

describe('after an infrastructure failure', () => {
  it.each([
    [1, 10 * second],
    [2, minute],
    [3, 5 * minute],
    [4, 10 * minute],
    [5, 20 * minute],
    [6, 40 * minute],
    [7, 60 * minute],
    [8, 60 * minute],
    [10, 60 * minute],
  ])('the wait after attempt %i is %i ms', (number, waitMs) => {
    const plan = planRetry(attemptOf(number, failure()), { retries: 10, now: endedAt })
    expect(plan).toEqual({ kind: 'retry', at: endedAt + waitMs })
  })

  it('the wait is measured from the end of the attempt, however much later one looks', () => {
    const plan = planRetry(attemptOf(1, failure()), { retries: 1, now: endedAt + 90 * minute })
    expect(plan).toEqual({ kind: 'retry', at: endedAt + 10 * second })
  })

  it('the wait is not longer when the clock was set back', () => {
    const now = endedAt - 60 * minute
    expect(planRetry(attemptOf(1, failure()), { retries: 1, now })).toEqual({
      kind: 'retry',
      at: now + 10 * second,
    })
  })

  it.each([
    [0, 1],
    [2, 3],
    [2, 7],
  ])('with %i retries attempt %i is the last', (retries, number) => {
    expect(planRetry(attemptOf(number, failure()), { retries })).toEqual({ kind: 'end', why: 'exhausted' })
  })

  it.each([
    'agent_changed',
    'agent_no_solve_sh',
    'benchmark_changed',
    'catalog_unknown_protocol',
    'config_changed',
    'engine_unknown',
    'model_changed',
    'protocol_changed',
    'python_missing',
    'sandbox_unavailable',
  ])('%s is not tried again, and says so', (what) => {
    expect(planRetry(attemptOf(1, failure(what)), { retries: 5 })).toEqual({ kind: 'end', why: 'hopeless' })
    expect(explainHopeless(failure(what))?.detail).toMatch(/^it failed; not tried again, .*`ptb resume`/)
  })

  it.each([
    'disk_full',
    'engine_broken',
    'python_install_failed',
    'sandbox_start_failed',
    'supervisor_error',
  ])('%s is', (what) => {
    expect(planRetry(attemptOf(1, failure(what)), { retries: 5 })).toMatchObject({ kind: 'retry' })
    expect(explainHopeless(failure(what))).toEqual(failure(what))
  })
})

it.each([
  null,
  { kind: 'cancelled', reason: 'cancelled/by_operator', detail: '' },
  // an agent's own doing whose name is the same
  { kind: 'no_model', reason: 'no_model/disk_full', detail: '' },
] satisfies (Outcome | null)[])('nothing else is tried again: %j', (outcome) => {
  expect(planRetry(attemptOf(1, outcome), { retries: 5 })).toEqual({ kind: 'end', why: 'over' })
})

describe('a run waits', () => {
  const events: readonly JournalEvent[] = [
    { type: 'worker', pid: 1, startTime: '1', host: 'h' },
    { type: 'attempt', attempt: 1, why: 'first' },
    { type: 'attempt_end', attempt: 1, outcome: failure() },
    { type: 'worker', pid: 2, startTime: '2', host: 'h' },
    { type: 'attempt', attempt: 2, why: failure().reason },
  ]
  const stateAfter = (lines: number): RunState =>
    foldJournal(
      events.slice(0, lines).map((event, index) => {
        const at = new Date(endedAt + (index - 2) * second).toISOString()
        return { seq: index + 1, epoch: event.type === 'worker' ? index + 1 : 1, at, ...event }
      }),
    )

  it.each([
    [2, null],
    [3, endedAt + 10 * second],
    [4, endedAt + 10 * second],
  ])('after %i lines until %s, whichever worker waits', (lines, until) => {
    expect(retryTime(stateAfter(lines), { retries: 1 })).toBe(until)
  })

  it('no longer once the next attempt has begun or the run is over', () => {
    const waiting = stateAfter(3)
    const attempts = [
      ...waiting.attempts,
      { ...stateAfter(2).attempts[0], number: 2 },
    ] as RunState['attempts'] // two whole ones
    expect(retryTime({ ...waiting, attempts }, { retries: 5 })).toBeNull()
    expect(retryTime({ ...waiting, outcome: failure() }, { retries: 5 })).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import type { OutcomeKind } from '../../domain/outcome.ts'
import type { WatchedRun } from './read-screen.ts'
import { estimateRest, summarise } from './summarise.ts'

const now = 10_000_000

function runOf(changes: Partial<WatchedRun>): WatchedRun {
  return {
    id: 'r',
    experiment: 'study',
    agent: 'a',
    status: 'waiting',
    phase: null,
    attempt: 0,
    budgetMs: 1000,
    startedAt: null,
    finishedAt: null,
    solvingSince: null,
    waitsUntil: null,
    evaluatedSamples: null,
    selfEvaluation: null,
    usage: null,
    outcome: null,
    ...changes,
  }
}

function finished(tookMs: number, kind: OutcomeKind = 'scored', agent = 'a'): WatchedRun {
  const outcome = { kind, reason: kind, detail: '' }
  return runOf({ status: 'finished', agent, startedAt: now - 5000, finishedAt: now - 5000 + tookMs, outcome })
}

const running = (spentMs: number, agent = 'a'): WatchedRun =>
  runOf({ status: 'running', phase: 'solve', agent, startedAt: now - spentMs })

describe('the time that is left', () => {
  it('is the budget while nothing is known', () => {
    expect(estimateRest([running(400)], now)).toBe(600)
  })

  it('is what finished runs of the same agent took, less what was spent', () => {
    expect(estimateRest([finished(600), finished(800), finished(90, 'scored', 'b'), running(400)], now)).toBe(
      300,
    )
  })

  it('is what runs of other agents took where the agent has none', () => {
    expect(estimateRest([finished(600), running(400, 'b')], now)).toBe(200)
  })

  it('is the rest of the budget for a run that takes longer than others did', () => {
    expect(estimateRest([finished(600), running(700)], now)).toBe(300)
  })

  it('leaves an agent its whole budget however long it had to wait', () => {
    const late = { ...running(5000), solvingSince: now - 100 }
    expect(estimateRest([late], now)).toBe(900)
  })

  it('is not known of a run that is past its budget', () => {
    expect(estimateRest([running(5000)], now)).toBeNull()
  })

  it('counts waiting runs as many at a time as run now', () => {
    const waiting = Array.from({ length: 6 }, () => runOf({}))
    expect(estimateRest([finished(600), running(600 - 150), running(600 - 150), ...waiting], now)).toBe(
      (150 + 150 + 6 * 600) / 2,
    )
  })

  it('is never shorter than the longest run', () => {
    expect(estimateRest([running(0), running(999), running(999)], now)).toBe(1000)
  })

  it('learns nothing from failed and cancelled runs', () => {
    expect(estimateRest([finished(1, 'infra_failure'), finished(1, 'cancelled'), running(400)], now)).toBe(
      600,
    )
  })

  it('is not known while nothing runs, or only waits for a slot', () => {
    const queued = runOf({ status: 'running', startedAt: now })
    expect(estimateRest([finished(600), queued, runOf({}), runOf({ status: 'orphaned' })], now)).toBeNull()
  })
})

describe('a summary', () => {
  it('counts states and outcomes, and is over when every run has finished', () => {
    const runs = [finished(600), finished(700, 'flagged'), finished(800)]
    expect(summarise({ at: now, runs, unreadable: [] })).toMatchObject({
      finished: 3,
      running: 0,
      outcomes: [
        { kind: 'scored', count: 2 },
        { kind: 'flagged', count: 1 },
      ],
      elapsedMs: 800,
      over: true,
    })
    expect(summarise({ at: now, runs: [...runs, running(100)], unreadable: [] })).toMatchObject({
      elapsedMs: 5000,
      over: false,
    })
  })

  it('of nothing is not over', () => {
    expect(summarise({ at: now, runs: [], unreadable: [] })).toMatchObject({ over: false, elapsedMs: null })
  })
})

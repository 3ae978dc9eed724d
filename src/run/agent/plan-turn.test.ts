import { expect, it } from 'vitest'
import { planTurn, type TurnEnd } from './plan-turn.ts'

const minutes = (count: number): number => count * 60_000
const end = (turn: number, remaining: number, duration = minutes(1)): TurnEnd => ({
  turn,
  durationMs: duration,
  remainingMs: remaining,
})

it('never prompts again when it is off', () => {
  expect(planTurn('off', end(1, minutes(500)), [])).toBe('stop')
})

it('prompts once and no more', () => {
  expect(planTurn('once', end(1, minutes(5)), [])).toBe('prompt')
  expect(planTurn('once', end(2, minutes(4)), [end(1, minutes(5))])).toBe('stop')
})

it('prompts until less than the threshold is left', () => {
  const policy = { untilMinutesLeft: 30 }
  expect(planTurn(policy, end(7, minutes(30)), [])).toBe('prompt')
  expect(planTurn(policy, end(7, minutes(30) - 1), [])).toBe('stop')
})

it('gives up on an agent that ends at once three times in a row', () => {
  const policy = { untilMinutesLeft: 1 }
  const quick = (turn: number): TurnEnd => end(turn, minutes(100), 900)
  expect(planTurn(policy, quick(2), [quick(1)])).toBe('prompt')
  expect(planTurn(policy, quick(3), [quick(1), quick(2)])).toBe('stop')
  expect(planTurn(policy, quick(3), [quick(1), end(2, minutes(100))])).toBe('prompt')
})

it('starts nothing that could not do anything any more', () => {
  expect(planTurn('once', end(1, 9_000), [])).toBe('stop')
})

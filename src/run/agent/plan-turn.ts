import type { Reprompt } from '../../domain/experiment.ts'

export interface TurnEnd {
  /** The turn that has ended, from 1. */
  readonly turn: number
  readonly durationMs: number
  readonly remainingMs: number
}

/** Less is no time to do anything in. */
const leastRemainingMs = 10_000
/** An agent that so often in a row ends at once has a reason that another prompt will not remove. */
const shortTurnMs = 5_000
const shortTurns = 3

/** Whether an agent that ended by itself is asked to go on. `earlier` are its turns before this one. */
export function planTurn(policy: Reprompt, ended: TurnEnd, earlier: readonly TurnEnd[]): 'stop' | 'prompt' {
  if (policy === 'off' || ended.remainingMs < leastRemainingMs) return 'stop'
  if (policy === 'once') return ended.turn === 1 ? 'prompt' : 'stop'
  const latest = [...earlier, ended].slice(-shortTurns)
  if (latest.length === shortTurns && latest.every(({ durationMs }) => durationMs < shortTurnMs))
    return 'stop'
  return ended.remainingMs >= policy.untilMinutesLeft * 60_000 ? 'prompt' : 'stop'
}

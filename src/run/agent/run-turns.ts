import type { SolveEnd } from '../../domain/attempt-event.ts'
import type { Reprompt } from '../../domain/experiment.ts'
import type { PayloadExit } from '../sandbox/sandbox-process.ts'
import { planTurn, type TurnEnd } from './plan-turn.ts'

export interface TurnsOptions {
  /** How the first turn ends. */
  readonly first: Promise<PayloadExit>
  readonly policy: Reprompt
  readonly remainingMs: () => number
  /** Prompts the agent again. */
  readonly next: (turn: number) => Promise<PayloadExit>
  /** What ends everything, whatever turn it is. */
  readonly stops: readonly Promise<SolveEnd>[]
  readonly now?: () => number
}

export interface TurnsEnd {
  readonly end: SolveEnd
  /** Of the last turn; it may still run. */
  readonly exit: () => Promise<PayloadExit>
  readonly turns: number
}

/** Lets an agent work, and prompts it again as the experiment wants it, until it has ended or is stopped. */
export async function runTurns(options: TurnsOptions): Promise<TurnsEnd> {
  const now = options.now ?? ((): number => performance.now())
  const earlier: TurnEnd[] = []
  let exit = options.first
  for (let turn = 1; ; turn++) {
    const started = now()
    const end = await Promise.race([exit.then(() => null), ...options.stops])
    const ended = { end: end ?? ('finished' as const), exit: () => exit, turns: turn }
    if (end !== null) return ended
    // Without its guard the sandbox is gone, and with it whatever could be prompted. However the guard died, that is the
    // agent's end and no failure of ours: an agent of the same user can kill it, the kernel may for want of the agent's
    // memory, and nobody could tell that from a kill from outside. Another attempt would be a free second try.
    if (!(await exit).reported) return ended
    const last: TurnEnd = { turn, durationMs: now() - started, remainingMs: options.remainingMs() }
    if (planTurn(options.policy, last, earlier) === 'stop') return ended
    earlier.push(last)
    exit = options.next(turn + 1)
  }
}

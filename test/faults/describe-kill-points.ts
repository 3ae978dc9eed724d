import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/domain/result.ts'
import type { Strike } from './crash/strike.ts'
import { essence, nameStrike, surviveStrike, type Survival } from './kill-points.ts'

/** SIGKILL wherever it falls: the run comes to the same end, and the agent has had one try. */
export function describeStrikes(
  family: string,
  sandbox: string,
  strikes: readonly Strike[],
  undisturbed: RunResult,
): void {
  describe(family, { concurrent: true, timeout: 120_000 }, () => {
    for (const strike of strikes)
      it(nameStrike(strike), async () => {
        const survival = await surviveStrike(sandbox, strike)
        expect(survival.finished).toBe(true)
        expectOneTry(survival)
        if (endedAgent(survival)) expect(survival.result.solve.ended).toBe('crashed')
        else expect(essence(survival.result)).toEqual(essence(undisturbed))
      })
  })
}

/**
 * Only a dead supervisor ends its attempt, because its sandbox dies with it, until it has written down how the agent
 * ended; and then the next attempt is counted. A guard that dies before the agent was started is such a failure as well.
 */
function expectOneTry({ starts, failures, struck, endIsKnown }: Survival): void {
  expect(Math.max(...starts)).toBeLessThanOrEqual(1)
  expect(starts.at(-1)).toBeLessThanOrEqual(1)
  if (starts.length === 1) return
  expect(starts).toHaveLength(2)
  expect(endIsKnown).toBe(false)
  const [failure = ''] = failures
  if (struck.includes('supervisor')) expect(failure).toMatch(/^infra_failure\/supervisor_(died|not_started)$/)
  else expect([failure, starts[0], struck]).toEqual(['infra_failure/sandbox_start_failed', 0, ['guard']])
}

/** With its guard an agent dies, and what it did until then is what it did: see `runTurns`. */
function endedAgent({ struck, result }: Survival): boolean {
  return struck.includes('guard') && !struck.includes('supervisor') && result.solve.ended === 'crashed'
}

import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/domain/result.ts'
import type { Strike } from './crash/strike.ts'
import { essence, nameStrike, surviveStrike, type Survival } from './kill-points.ts'

/** SIGKILL wherever it falls: the run comes to the same end, and the agent has had one try. */
export function describeStrikes(
  where: 'at a boundary' | 'in between',
  sandbox: string,
  strikes: readonly Strike[],
  undisturbed: RunResult,
): void {
  describe(`crashes in ${sandbox} ${where}`, { concurrent: true, timeout: 120_000 }, () => {
    it.for(strikes.map((strike) => [nameStrike(strike), strike] as const))('%s', async ([, strike]) => {
      const survival = await surviveStrike(sandbox, strike)
      const { finished, starts, failures, result } = survival
      const lost = isAttemptLost(survival)
      const ours = failures.filter((reason) =>
        /^infra_failure\/(supervisor_|sandbox_start_failed)/.test(reason),
      )
      expect({ finished, attempts: starts.length, failures }).toEqual({
        finished: true,
        attempts: lost ? 2 : 1,
        failures: lost ? ours.slice(0, 1) : [],
      })
      const ended = endedAgent(survival)
      expect(starts.filter((times) => times > 1)).toEqual([])
      expect(ended || starts.at(-1) === 1).toBe(true)
      expect(ended || essence(result)).toEqual(ended || essence(undisturbed))
    })
  })
}

/**
 * Only a dead supervisor ends its attempt, because its sandbox dies with it, until it has written down how the agent
 * ended; and then the next attempt is counted. A guard that dies before the agent was started is such a failure as well.
 */
function isAttemptLost({ struck, starts, endIsKnown, failures }: Survival): boolean {
  if (struck.includes('supervisor')) return !endIsKnown
  return struck.includes('guard') && starts[0] === 0 && failures[0] === 'infra_failure/sandbox_start_failed'
}

/** With its guard an agent dies, and what it did until then is what it did: see `runTurns`. */
function endedAgent({ struck, result }: Survival): boolean {
  return struck.includes('guard') && !struck.includes('supervisor') && result.solve.ended === 'crashed'
}

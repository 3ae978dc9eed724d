import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/domain/result.ts'
import { essence, surviveKill, type KillPoint } from './kill-points.ts'

/**
 * Only a dead supervisor ends its attempt, because its sandbox dies with it, until it has written down how the agent
 * ended; and then the next attempt is counted.
 */
function endsAttempt(point: KillPoint, points: readonly KillPoint[]): boolean {
  return point.startsWith('supervise:') && points.indexOf(point) < points.indexOf('supervise:after:solve_end')
}

export function describeKillPoints(
  sandbox: string,
  points: readonly KillPoint[],
  chosen: readonly KillPoint[],
  undisturbed: RunResult,
): void {
  describe(`a run in ${sandbox} comes to the same end when SIGKILL falls at`, { concurrent: true }, () => {
    it.each(chosen)('%s', async (point) => {
      const { result, starts, failures, finished } = await surviveKill(sandbox, point)
      expect(finished).toBe(true)
      expect(essence(result)).toEqual(essence(undisturbed))
      const retried = endsAttempt(point, points)
      expect({ attempts: starts.length, most: Math.max(...starts), last: starts.at(-1) }).toEqual({
        attempts: retried ? 2 : 1,
        most: 1,
        last: 1,
      })
      const reasons = failures.map((reason) => reason.replace(/supervisor_(died|not_started)$/, 'supervisor'))
      expect(reasons).toEqual(retried ? ['infra_failure/supervisor'] : [])
    })
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonClient } from './http-json.ts'

const pollMs = 50
const longestAnswerMs = 5000

/**
 * Waits until `GET /health` is 200. Resolves with false when the time is up, but asks once more then: this process may
 * have been stopped meanwhile. Rejects when the signal is aborted.
 */
export async function untilHealthy(
  client: JsonClient,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (const end = performance.now() + timeoutMs; ;) {
    const isLast = performance.now() >= end
    const answerMs = Math.min(longestAnswerMs, timeoutMs)
    const answer = { signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) }
    const status = await client.send('GET', '/health', undefined, answer).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return true
    if (isLast) return false
    await sleep(pollMs, undefined, { signal })
  }
}

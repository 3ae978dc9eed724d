import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonClient } from './http-json.ts'

const pollMs = 50

/** Waits until `GET /health` is 200. Resolves with false when the time is up; rejects when the signal is aborted. */
export async function untilHealthy(
  client: JsonClient,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (const end = performance.now() + timeoutMs; performance.now() < end;) {
    const answer = { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) }
    const status = await client.send('GET', '/health', undefined, answer).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return true
    await sleep(pollMs, undefined, { signal })
  }
  return false
}

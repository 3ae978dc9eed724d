import type { LedgerLine } from '../domain/gateway.ts'
import type { Outcome } from './exchange.ts'

type DoneLine = Extract<LedgerLine, { event: 'done' }>

/** What the ledger says of a request that was sent, but for what it cost. */
export function doneLine(
  at: Date,
  about: Pick<DoneLine, 'request' | 'kind' | 'upstream' | 'model'>,
  outcome: Outcome,
): Omit<DoneLine, 'metered' | 'tokens' | 'final' | 'costNanoUsd' | 'chargedNanoUsd'> {
  const { status, end, tries, waitedMs, firstByteMs, totalMs, responseBytes } = outcome
  return {
    event: 'done',
    at: at.toISOString(),
    ...about,
    status,
    end,
    tries,
    waitedMs: tenths(waitedMs),
    firstByteMs: firstByteMs === null ? null : tenths(firstByteMs),
    totalMs: tenths(totalMs),
    responseBytes,
  }
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10
}

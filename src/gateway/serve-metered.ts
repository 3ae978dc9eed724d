import type { RefusalReason } from '../domain/gateway.ts'
import { costInNanoUsd } from '../domain/prices.ts'
import { refuse, type Asked, type Shared } from './asked.ts'
import type { Reservation } from './budget.ts'
import { doneLine } from './done-line.ts'
import { exchange, type Outcome } from './exchange.ts'
import { planRequest, type Terms } from './policy.ts'
import type { ModelRequest } from './wires/wire.ts'

export interface MeteredRequest extends ModelRequest {
  readonly model: string
  /** As it is shown. */
  readonly name: string
  readonly sent: Buffer
}

/** Serves a request that costs something, and settles what it cost, however it ends. */
export async function serveMetered(shared: Shared, asked: Asked, request: MeteredRequest): Promise<void> {
  const { config } = shared
  const { endpoint, number } = asked
  const { wire } = endpoint
  if (wire === null) throw new Error('an endpoint that is metered has a wire')
  const named = { ...asked, model: request.name }
  const day = shared.now().toISOString().slice(0, 10)
  const terms = planRequest(config, { ...request, bodyBytes: request.sent.length, day })
  if ('refuse' in terms) {
    refuse(shared, named, terms.refuse, terms.why)
    return
  }
  const reserved = reserve(shared, terms)
  if ('refuse' in reserved) {
    refuse(shared, named, reserved.refuse, reserved.why)
    return
  }
  const about = { request: number, kind: endpoint.kind, upstream: endpoint.upstream, model: request.name }
  const { reservation } = reserved
  try {
    shared.ledger.require({
      event: 'sent',
      at: shared.now().toISOString(),
      ...about,
      wire: wire.id,
      declared: terms.declared,
      streamed: request.streamed,
      promptBound: terms.promptBound,
      outputBound: terms.outputBound,
      reservedNanoUsd: terms.worstNanoUsd,
    })
  } catch (error) {
    settle(reservation, 0)
    shared.emit({ event: 'ledger_failed', message: messageOf(error) })
    refuse(shared, named, 'not_recorded', 'the request cannot be recorded now')
    return
  }
  const outcome = await exchange(shared, asked, { body: request.sent, wire })
  const { tokens, final } = outcome.usage
  const costNanoUsd = tokens === null || terms.price === null ? null : costInNanoUsd(terms.price, tokens)
  const charged = chargeFor(outcome, costNanoUsd, terms.worstNanoUsd)
  settle(reservation, charged)
  shared.totals.add({ model: request.name, tokens, costNanoUsd, chargedNanoUsd: charged })
  shared.ledger.record({
    ...doneLine(shared.now(), about, outcome),
    metered: true,
    tokens,
    final,
    costNanoUsd,
    chargedNanoUsd: charged,
  })
}

/** An answer that the provider gave and nobody could count costs what was set aside for it. */
function chargeFor(outcome: Outcome, costNanoUsd: number | null, worstNanoUsd: number | null): number {
  if (!outcome.accepted) return 0
  return outcome.usage.final ? (costNanoUsd ?? 0) : Math.max(costNanoUsd ?? 0, worstNanoUsd ?? 0)
}

type Reserve =
  | { readonly reservation: Reservation | null }
  | { readonly refuse: RefusalReason; readonly why: string }

function reserve({ budget, emit }: Shared, { worstNanoUsd }: Terms): Reserve {
  if (budget === null || worstNanoUsd === null) return { reservation: null }
  try {
    const reserved = budget.reserve(worstNanoUsd)
    if (!('exceeds' in reserved)) return { reservation: reserved }
    emit({ event: 'budget_exhausted', cap: reserved.exceeds })
    const whose = reserved.exceeds === 'run' ? 'this run' : 'the experiment'
    return {
      refuse: reserved.exceeds === 'run' ? 'budget_run' : 'budget_experiment',
      why: `budget exhausted: what is left for ${whose} does not cover this request at its most expensive`,
    }
  } catch (error) {
    emit({ event: 'ledger_failed', message: messageOf(error) })
    return { refuse: 'not_recorded', why: 'the request cannot be recorded now' }
  }
}

/** A settlement that cannot be written leaves the reservation: it counts in full. */
function settle(reservation: Reservation | null, nanoUsd: number): void {
  try {
    reservation?.settle(nanoUsd)
  } catch {
    // the disk is full, and the next reservation says so
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayConfig, GatewayEvent, RefusalReason } from '../domain/gateway.ts'
import type { Redactor } from '../lib/redact.ts'
import type { Budget } from './budget.ts'
import type { Endpoint } from './endpoint.ts'
import type { Ledger } from './ledger.ts'
import type { Patience } from './patience.ts'
import type { BodyReader } from './read-body.ts'
import { renderRefusal } from './refusal.ts'
import type { Totals } from './totals.ts'
import type { Upstream } from './upstream.ts'

/** What all requests of a gateway share. */
export interface Shared {
  readonly config: GatewayConfig
  readonly bodies: BodyReader
  /** Null without a cap. */
  readonly budget: Budget | null
  readonly ledger: Ledger
  readonly totals: Totals
  readonly patience: Patience
  readonly redactor: Redactor
  readonly emit: (event: GatewayEvent) => void
  readonly now: () => Date
}

/** One request of an agent's. */
export interface Asked {
  readonly number: number
  readonly endpoint: Endpoint
  readonly upstream: Upstream
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Aborted when nothing is served any more. */
  readonly stop: AbortSignal
}

/** Answers with a refusal and records it. */
export function refuse(
  shared: Pick<Shared, 'ledger' | 'now'>,
  asked: Pick<Asked, 'number' | 'response' | 'request'> & {
    readonly upstream: Pick<Upstream, 'api'> | null
    readonly endpoint: Endpoint | null
    readonly model?: string | null
  },
  reason: RefusalReason,
  why: string,
): void {
  const { response, endpoint, upstream, request } = asked
  const { status, headers, body } = renderRefusal(upstream?.api ?? null, reason, why)
  shared.ledger.mention({
    event: 'refused',
    at: shared.now().toISOString(),
    request: asked.number,
    kind: endpoint?.kind ?? null,
    upstream: endpoint?.upstream ?? null,
    model: asked.model ?? endpoint?.model ?? null,
    status,
    reason,
  })
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  // what is not read of a body would be taken for the next request
  const close = request.complete ? {} : { connection: 'close' }
  response.writeHead(status, { ...headers, ...close, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayConfig, GatewayEvent, LedgerLine, RefusalReason } from '../domain/gateway.ts'
import { costInNanoUsd } from '../domain/prices.ts'
import { inertLine } from '../lib/inert-text.ts'
import { isJsonObject, parseStrictJson, StrictJsonError } from '../lib/strict-json.ts'
import type { Redactor } from '../lib/redact.ts'
import type { Budget, Reservation } from './budget.ts'
import type { Endpoint } from './endpoint.ts'
import { exchange, type Outcome } from './exchange.ts'
import type { Ledger } from './ledger.ts'
import type { Patience } from './patience.ts'
import { planRequest, type Terms } from './policy.ts'
import type { BodyReader } from './read-body.ts'
import { renderRefusal } from './refusal.ts'
import type { Totals } from './totals.ts'
import type { Upstream } from './upstream.ts'
import type { ModelRequest } from './wires/wire.ts'

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

/** Serves it, and settles what it cost, however it ends. Never throws for what an agent or a provider does. */
export async function serveRequest(shared: Shared, asked: Asked): Promise<void> {
  const { request, endpoint } = asked
  if (endpoint.method === 'GET') {
    await serveFree(shared, asked, null, null)
    return
  }
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    refuse(shared, asked, 'bad_request', 'a body must not be compressed')
    return
  }
  const body = await shared.bodies.read(request, asked.stop)
  if ('failed' in body) {
    if (body.failed === 'too_large') refuse(shared, asked, 'too_large', 'the request is too large')
    else if (body.failed === 'busy') refuse(shared, asked, 'busy', 'too much is asked at a time')
    return
  }
  try {
    await serveBody(shared, asked, body.bytes)
  } finally {
    shared.bodies.release(body.bytes.length)
  }
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

async function serveBody(shared: Shared, asked: Asked, bytes: Buffer): Promise<void> {
  const { endpoint } = asked
  let parsed: unknown
  try {
    // a key that appears twice could mean one model here and another there
    parsed = parseStrictJson(bytes, maxDepth)
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    refuse(shared, asked, 'bad_request', 'the body is not JSON that everybody reads alike')
    return
  }
  if (!isJsonObject(parsed)) {
    refuse(shared, asked, 'bad_request', 'the body is no JSON object')
    return
  }
  const { wire } = endpoint
  const stated = wire?.readRequest(parsed) ?? null
  const model = endpoint.model ?? stated?.model ?? modelOf(parsed)
  if (model === null) {
    refuse(shared, asked, 'bad_request', 'the request names no model')
    return
  }
  const { models } = shared.config
  const name = models.declared.includes(model) ? model : showModel(model, shared.redactor)
  if (wire === null || stated === null) {
    // counting is free, and tells an agent nothing about another model
    if (models.others === 'refuse' && !models.declared.includes(model))
      refuse(shared, { ...asked, model: name }, 'model_not_declared', 'the run has not declared this model')
    else await serveFree(shared, asked, bytes, name)
    return
  }
  const prepared = wire.prepare(parsed)
  const sent = prepared === parsed ? bytes : Buffer.from(JSON.stringify(prepared))
  const streamed = endpoint.streamed ?? stated.streamed
  await serveMetered(shared, asked, { ...stated, model, streamed, name, sent })
}

/** Deeper than any schema of a tool. */
const maxDepth = 200

function modelOf(body: Readonly<Record<string, unknown>>): string | null {
  const model = body['model']
  return typeof model === 'string' && model !== '' ? model : null
}

/** A name by an agent may be anything. */
function showModel(model: string, redactor: Redactor): string {
  return redactor.redact(inertLine(model.slice(0, 200)))
}

interface MeteredRequest extends ModelRequest {
  readonly model: string
  /** As it is shown. */
  readonly name: string
  readonly sent: Buffer
}

async function serveMetered(shared: Shared, asked: Asked, request: MeteredRequest): Promise<void> {
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
    ...lineOf(shared, about, outcome),
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

async function serveFree(
  shared: Shared,
  asked: Asked,
  body: Buffer | null,
  model: string | null,
): Promise<void> {
  const { endpoint, number } = asked
  const outcome = await exchange(shared, asked, { body, wire: null })
  const about = { request: number, kind: endpoint.kind, upstream: endpoint.upstream, model }
  shared.ledger.mention({
    ...lineOf(shared, about, outcome),
    metered: false,
    tokens: null,
    final: false,
    costNanoUsd: null,
    chargedNanoUsd: 0,
  })
}

type DoneLine = Extract<LedgerLine, { event: 'done' }>

function lineOf(
  { now }: Shared,
  about: Pick<DoneLine, 'request' | 'kind' | 'upstream' | 'model'>,
  outcome: Outcome,
): Omit<DoneLine, 'metered' | 'tokens' | 'final' | 'costNanoUsd' | 'chargedNanoUsd'> {
  const { status, end, tries, waitedMs, firstByteMs, totalMs, responseBytes } = outcome
  return {
    event: 'done',
    at: now().toISOString(),
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

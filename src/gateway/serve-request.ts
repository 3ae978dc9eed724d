import { inertLine } from '../lib/inert-text.ts'
import type { Redactor } from '../lib/redact.ts'
import { isJsonObject, parseStrictJson, StrictJsonError } from '../lib/strict-json.ts'
import { refuse, type Asked, type Shared } from './asked.ts'
import { doneLine } from './done-line.ts'
import { exchange } from './exchange.ts'
import { serveMetered } from './serve-metered.ts'

/** Serves one request. Never throws for what an agent or a provider does. */
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
    ...doneLine(shared.now(), about, outcome),
    metered: false,
    tokens: null,
    final: false,
    costNanoUsd: null,
    chargedNanoUsd: 0,
  })
}

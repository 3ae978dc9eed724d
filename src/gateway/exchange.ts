import type { IncomingMessage } from 'node:http'
import type { LedgerLine } from '../domain/gateway.ts'
import type { Asked, Shared } from './asked.ts'
import { createMeter } from './meter.ts'
import type { Trouble } from './patience.ts'
import { renderProviderError, renderRefusal } from './refusal.ts'
import { readBeginning, relay } from './relay.ts'
import { keptResponseHeaders, type Exchange } from './upstream.ts'
import { noUsage, type Usage, type Wire } from './wires/wire.ts'

type DoneLine = Extract<LedgerLine, { event: 'done' }>

/** What became of a request. */
export interface Outcome extends Pick<
  DoneLine,
  'status' | 'end' | 'tries' | 'waitedMs' | 'firstByteMs' | 'totalMs' | 'responseBytes'
> {
  /** The provider took it, or may have: it costs something, told or not. */
  readonly accepted: boolean
  readonly usage: Usage
}

type Handed = Pick<Outcome, 'status' | 'end' | 'accepted' | 'usage' | 'firstByteMs' | 'responseBytes'>

const nothing: Handed = {
  status: null,
  end: 'failed',
  accepted: false,
  usage: noUsage,
  firstByteMs: null,
  responseBytes: 0,
}

/** Asks the provider, as often as it takes, and hands its answer on. */
export async function exchange(
  shared: Shared,
  asked: Asked,
  options: { readonly body: Buffer | null; readonly wire: Wire | null },
): Promise<Outcome> {
  const { response } = asked
  const started = performance.now()
  using listener = listenFor(asked, shared.config.limits.drainMs)
  let handed = nothing
  let waitedMs = 0
  let tries = 0

  while (!listener.gone.aborted) {
    tries++
    const got = await ask(asked, options.body, listener)
    if ('answer' in got) {
      handed = await handOn(asked, got.answer, { wire: options.wire, started })
      break
    }
    const { trouble } = got
    if (listener.gone.aborted) {
      // it was ended in the middle of what the provider did with it
      handed = { ...nothing, accepted: trouble.status === null }
      break
    }
    const pause = shared.patience.plan(trouble, tries, waitedMs)
    if (pause === null) {
      handed = { ...nothing, ...answerTrouble(shared, asked, trouble) }
      break
    }
    const before = performance.now()
    await shared.patience.wait(pause, listener.gone)
    waitedMs += performance.now() - before
  }

  const why = listener.why()
  listener[Symbol.dispose]()
  // an answer that was cut is cut for the agent too: it would take it for the whole
  if (handed.end === 'whole') response.end()
  else if (response.headersSent) response.destroy()
  return {
    ...handed,
    end: why ?? handed.end,
    tries,
    waitedMs,
    totalMs: performance.now() - started,
  }
}

async function ask(
  { endpoint, request, upstream }: Asked,
  body: Buffer | null,
  listener: Listener,
): Promise<{ readonly answer: IncomingMessage } | { readonly trouble: Trouble }> {
  const { method, path } = endpoint
  const sent = upstream.send({ method, path, headers: request.headers, body })
  listener.watch(sent)
  let answer: IncomingMessage
  try {
    answer = await sent.answer
  } catch {
    return { trouble: { status: null, headers: {}, body: '' } }
  }
  const status = answer.statusCode ?? 0
  if (status >= 200 && status < 300) return { answer }
  const beginning = await readBeginning(answer, maxErrorBytes)
  return { trouble: { status, headers: answer.headers, body: beginning.toString('utf8') } }
}

const maxErrorBytes = 256 * 1024

async function handOn(
  { response }: Asked,
  answer: IncomingMessage,
  { wire, started }: { readonly wire: Wire | null; readonly started: number },
): Promise<Handed> {
  const status = answer.statusCode ?? 200
  const isStream = answer.headers['content-type']?.includes('text/event-stream') === true
  const meter = wire === null ? null : createMeter(wire, isStream ? 'stream' : 'json')
  const isThere = !response.destroyed
  if (isThere) {
    response.writeHead(status, keptResponseHeaders(answer.headers))
    // what came with them goes out with them
    setImmediate(() => response.flushHeaders())
  }
  const { whole, bytes, firstByteMs } = await relay(answer, response, { meter, started })
  return {
    status: isThere ? status : null,
    end: whole ? 'whole' : 'cut',
    accepted: true,
    usage: meter?.end() ?? noUsage,
    firstByteMs,
    responseBytes: bytes,
  }
}

/** Hands on what went wrong, without what the agent must not see: a provider's errors quote keys. */
function answerTrouble(
  { patience, redactor }: Shared,
  { response, upstream }: Asked,
  { status, headers, body }: Trouble,
): Pick<Handed, 'status' | 'end'> {
  if (status === null || status < 400 || patience.failed()) {
    const { api } = upstream
    const own = patience.failed()
      ? renderRefusal(api, 'provider_failed', 'the provider serves this account no longer')
      : renderProviderError(api)
    response.writeHead(own.status, own.headers).write(own.body)
    return { status: own.status, end: 'whole' }
  }
  const kept = keptResponseHeaders(headers)
  delete kept['content-length']
  delete kept['content-encoding']
  response.writeHead(status, kept).write(redactor.redact(body))
  return { status, end: 'whole' }
}

interface Listener extends Disposable {
  /** Aborted when nobody listens any more: the agent has left, or nothing is served. */
  readonly gone: AbortSignal
  why(): 'left' | 'stopped' | null
  /** What is asked of the provider: it may go on for a while without a listener, for its usage, and is then ended. */
  watch(exchange: Exchange): void
}

function listenFor({ response, stop }: Asked, drainMs: number): Listener {
  const controller = new AbortController()
  let why: 'left' | 'stopped' | null = null
  let current: Exchange | null = null
  let timer: NodeJS.Timeout | undefined

  function leave(reason: 'left' | 'stopped'): void {
    if (why !== null) return
    why = reason
    timer = setTimeout(() => current?.abort(), drainMs)
    response.destroy()
    controller.abort()
  }
  const onClose = (): void => leave('left')
  const onStop = (): void => leave('stopped')
  response.on('close', onClose)
  stop.addEventListener('abort', onStop)
  if (stop.aborted) onStop()
  else if (response.destroyed) onClose()
  return {
    gone: controller.signal,
    why: () => why,
    watch(exchange) {
      current = exchange
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      response.off('close', onClose)
      stop.removeEventListener('abort', onStop)
    },
  }
}

import * as z from 'zod'
import type { Endpoint, RemoteEngine } from '../../domain/engine.ts'
import { BenchError } from '../../domain/error.ts'
import { createJsonClient, type JsonClient, type JsonResponse } from '../../lib/http-json.ts'
import type { EngineProcess } from './engine-process.ts'

export interface RemoteEngineOptions {
  readonly engine: RemoteEngine
  readonly endpoint: Endpoint
  /** As the endpoint names it. */
  readonly model: string
  readonly signal: AbortSignal
}

const answerMs = 30_000
const manyNames = 20

/** The same as a started engine, after asking whether the endpoint is there, takes the key and has the model. */
export async function connectEngine(options: RemoteEngineOptions): Promise<EngineProcess> {
  const { engine, endpoint, model, signal } = options
  const client = createJsonClient(engine.connect(endpoint), { connections: engine.concurrency })
  try {
    assertServes(model, await listModels(client, signal))
  } catch (error) {
    client[Symbol.dispose]()
    throw error
  }
  return {
    client,
    modelName: model,
    log: () => '',
    gone: new AbortController().signal,
    [Symbol.asyncDispose]: () => Promise.resolve(client[Symbol.dispose]()),
  }
}

async function listModels(client: JsonClient, signal: AbortSignal): Promise<JsonResponse> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(answerMs)])
    return await client.send('GET', '/v1/models', undefined, { signal: within, maxBytes: 8 * 1024 ** 2 })
  } catch (error) {
    signal.throwIfAborted()
    throw refused('does not answer', 'unreachable', 'Check its address and the network.', error)
  }
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) })

/** Endpoints without a list are taken at their word. */
function assertServes(model: string, { status, body }: JsonResponse): void {
  if (status === 401 || status === 403)
    throw refused('does not take the key', 'key_refused', 'Check the variable or file that holds it.')
  if (status !== 200) return
  const names = modelsSchema.safeParse(body).data?.data.map(({ id }) => id) ?? [model]
  if (names.includes(model)) return
  const known = names.length > manyNames ? [...names.slice(0, manyNames), '…'] : names
  throw refused(`has no model "${model}"`, 'unknown_model', `It has: ${known.join(', ')}.`)
}

function refused(what: string, code: string, remedy: string, cause?: unknown): BenchError {
  return new BenchError(`the endpoint ${what}`, {
    code: `endpoint/${code}`,
    kind: 'environment',
    remedy,
    cause,
  })
}

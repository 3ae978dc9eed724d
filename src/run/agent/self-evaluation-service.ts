import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { chmod, rm } from 'node:fs/promises'
import * as z from 'zod'
import type { Benchmark, Item } from '../../domain/benchmark.ts'
import type { ChatToolCall } from '../../domain/chat.ts'
import type { EngineCommand } from '../../domain/engine.ts'
import { BenchError } from '../../domain/error.ts'
import type { SelfEvaluation } from '../../domain/evaluation.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type {
  EvaluationAssignment,
  EvaluationOrder,
  EvaluationReply,
  TimerReply,
} from '../../domain/self-evaluation.ts'
import type { ScoringTools } from '../../domain/scoring.ts'
import { sha256 } from '../../lib/hash.ts'
import { mapConcurrently } from '../../lib/map-concurrently.ts'
import { evaluationRequest } from '../evaluation/questions.ts'
import { summariseSet } from '../evaluation/summarise.ts'
import { createRequestBodies } from './request-body.ts'

const mebibyte = 1024 ** 2
const maxOrderBytes = mebibyte
const maxOutputsBytes = 64 * mebibyte
const maxBytesAtOnce = 128 * mebibyte
/** Longer than any answer of the tokens that a benchmark allows. */
const maxAnswerLength = mebibyte
const maxErrorLength = 2000
const maxToolCalls = 1024
const maxConnections = 64
const requestTimeoutMs = 60_000
const maxOpenEvaluations = 16
/** Each is a line on record, and nothing else limits how often an agent asks. */
const defaultMaxEvaluations = 10_000
/** Answers whose scoring may wait for something at once. */
const scoredAtOnce = 16

const orderSchema: z.ZodType<EvaluationOrder> = z.object({
  model: z.string().max(1024),
  modelPath: z.string().max(4096),
  port: z.number().int().min(1).max(65_535),
  limit: z.number().int().positive().optional(),
  gpuMemoryShare: z.number().gt(0).max(1).optional(),
})
const outputSchema = z.object({
  id: z.string(),
  text: z.string().max(maxAnswerLength),
  toolCalls: z
    .array(z.object({ name: z.string().max(1024), arguments: z.string().max(maxAnswerLength) }))
    .max(maxToolCalls)
    .optional(),
  finishReason: z.string(),
  error: z.string().optional(),
})
/** Not one list of them: a million that are wrong would be a million complaints. */
const outputsSchema = z.object({ outputs: z.array(z.unknown()) })

export interface SelfEvaluationServiceOptions {
  readonly socketPath: string
  readonly benchmark: Benchmark
  readonly protocol: Protocol
  readonly test: readonly Item[]
  readonly tools: ScoringTools
  readonly readyTimeoutMs: number
  readonly concurrency: number
  readonly engineCommand: (
    order: Pick<EvaluationOrder, 'modelPath' | 'port' | 'gpuMemoryShare'>,
  ) => EngineCommand
  readonly timer: () => TimerReply
  readonly elapsedMs: () => number
  readonly record: (evaluation: SelfEvaluation) => void
  /** Told why answers could not be scored, where that is the operator's to mend. */
  readonly onTrouble?: (error: BenchError) => void
  /** Default 10,000. */
  readonly maxEvaluations?: number
}

/** Answers `./evaluate` and `./timer`. The test answers stay on this side; whatever comes in is hostile. */
export async function createSelfEvaluationService(
  options: SelfEvaluationServiceOptions,
): Promise<AsyncDisposable> {
  const open = new Map<string, { model: string; items: readonly Item[] }>()
  const bodies = createRequestBodies(maxBytesAtOnce)
  const { maxEvaluations = options.protocol.selfEvaluation.most ?? defaultMaxEvaluations } = options
  let counter = 0

  function assign(order: EvaluationOrder): EvaluationAssignment {
    if (options.benchmark.program !== undefined)
      throw new Error('this benchmark is measured by evaluate.py in the workspace')
    if (counter >= maxEvaluations)
      throw new Error(`there have been ${maxEvaluations} evaluations, as many as there may be`)
    const items = options.test.slice(0, order.limit ?? options.test.length)
    const id = String(++counter)
    open.set(id, { model: order.model, items })
    for (const oldest of open.keys()) if (open.size > maxOpenEvaluations) open.delete(oldest)
    return {
      id,
      modelName: 'submission',
      engine: options.engineCommand(order),
      readyTimeoutMs: options.readyTimeoutMs,
      concurrency: options.concurrency,
      requests: items.map((item) => ({
        id: item.id,
        request: evaluationRequest(options.benchmark, options.protocol, item),
      })),
    }
  }

  async function score(
    id: string,
    { outputs: given }: z.infer<typeof outputsSchema>,
  ): Promise<EvaluationReply | null> {
    const evaluation = open.get(id)
    if (evaluation === undefined) return null
    if (given.length > evaluation.items.length)
      throw new Error(`${given.length} outputs for ${evaluation.items.length} items`)
    const outputs = given.map((output) => outputSchema.parse(output))
    open.delete(id)
    const byId = new Map(outputs.map((output) => [output.id, output]))
    const rows = await mapConcurrently(evaluation.items, scoredAtOnce, async (item) => {
      const output = byId.get(item.id)
      const refusal = output === undefined ? 'no output' : output.error
      const { value, answer, details, error } =
        refusal === undefined
          ? await options.benchmark.score(item, outputOf(output), options.tools)
          : { value: 0, answer: null, error: refusal }
      return {
        id: item.id,
        pass: 1,
        item,
        output: output?.text ?? '',
        toolCalls: output?.toolCalls,
        answer,
        value: error === undefined ? value : 0,
        ...(details === undefined ? {} : { details: { ...details } }),
        finishReason: output?.finishReason ?? 'error',
        ...(error === undefined ? {} : { error }),
      }
    })
    const { items, accuracy, stderr, errors } = summariseSet(
      options.benchmark,
      options.protocol.scoring,
      rows,
    )
    const summaryFile = `${JSON.stringify({ benchmark: options.benchmark.id, model: evaluation.model, accuracy, stderr, items, errors }, null, 2)}\n`
    const samplesFile = renderSamples(options.protocol.selfEvaluation.samples, rows)
    options.record({
      at: new Date().toISOString(),
      elapsedMs: options.elapsedMs(),
      model: evaluation.model,
      items,
      accuracy,
      stderr,
      handedOut: [summaryFile, ...(samplesFile === null ? [] : [samplesFile])].map(sha256),
    })
    return { items, accuracy, stderr, errors, summaryFile, samplesFile }
  }

  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (error instanceof BenchError) options.onTrouble?.(error)
      if (response.headersSent) response.destroy()
      // what the operator can mend names endpoints and folders that are no affair of the agent's
      else if (error instanceof BenchError) reply(response, 503, { error: 'answers cannot be scored now' })
      else reply(response, 400, { error: describe(error) })
    })
  })
  server.maxConnections = maxConnections

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const outputs = /^\/evaluations\/(\d{1,9})\/outputs$/.exec(request.url ?? '')
    if (request.method === 'GET' && request.url === '/timer') reply(response, 200, options.timer())
    else if (request.method === 'POST' && request.url === '/evaluations')
      reply(response, 200, assign(orderSchema.parse(await bodies.read(request, maxOrderBytes))))
    else if (request.method === 'POST' && outputs !== null) {
      const body = outputsSchema.parse(await bodies.read(request, maxOutputsBytes))
      const result = await score(outputs[1] ?? '', body)
      if (result === null) reply(response, 404, { error: 'there is no such evaluation' })
      else reply(response, 200, result)
    } else reply(response, 404, { error: 'there is no such service' })
  }

  await rm(options.socketPath, { force: true })
  await listen(server, options.socketPath)
  await chmod(options.socketPath, 0o666)
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      await rm(options.socketPath, { force: true })
    },
  }
}

function outputOf(given: z.infer<typeof outputSchema> | undefined): Parameters<Benchmark['score']>[1] {
  const { text = '', toolCalls } = given ?? {}
  return { text, ...(toolCalls === undefined ? {} : { toolCalls }) }
}

interface ScoredRow {
  readonly item: Item
  readonly output: string
  readonly toolCalls: readonly ChatToolCall[] | undefined
  readonly answer: string | null
  readonly value: number
}

function renderSamples(
  kind: Protocol['selfEvaluation']['samples'],
  rows: readonly ScoredRow[],
): string | null {
  if (kind === 'none') return null
  const lines = rows.map(({ item, output, toolCalls, answer, value }) =>
    kind === 'scores'
      ? { id: item.id, value }
      : {
          id: item.id,
          messages: item.messages,
          ...(item.tools === undefined ? {} : { tools: item.tools }),
          output,
          ...(toolCalls === undefined ? {} : { toolCalls }),
          answer,
          target: item.target,
          value,
        },
  )
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

function describe(error: unknown): string {
  const message =
    error instanceof z.ZodError
      ? z.prettifyError(error)
      : error instanceof Error
        ? error.message
        : 'bad request'
  return message.slice(0, maxErrorLength)
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const payload = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
  })
  response.end(payload)
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}

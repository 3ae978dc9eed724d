/**
 * `./evaluate`: serves a checkpoint inside the sandbox, generates answers to the test items that the supervisor
 * hands out, and sends them outside, where they are scored by the code of the final evaluation.
 */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { ChatRequest } from '../domain/chat.ts'
import type { EvaluationAssignment, EvaluationOutputs, EvaluationReply } from '../domain/self-evaluation.ts'
import { findFreePort } from '../lib/free-port.ts'
import { createAdaptiveConcurrency, type AdaptiveConcurrency } from '../lib/adaptive-concurrency.ts'
import { CompletionRefused, requestCompletion } from '../lib/chat-completions.ts'
import { createJsonClient, type JsonClient } from '../lib/http-json.ts'
import { mapConcurrently } from '../lib/map-concurrently.ts'
import { untilHealthy } from '../lib/until-healthy.ts'

const usage = `usage: ./evaluate [--model DIR] [--limit N] [--json-output-file FILE] [--samples-output-file FILE]

Scores a checkpoint on the benchmark's test items.
  --model DIR                  checkpoint to score (default: final_model)
  --limit N                    only the first N items
  --gpu-memory-utilization X   share of the GPU's memory to use, from 0 to 1
  --json-output-file FILE      write the result as JSON
  --samples-output-file FILE   write one JSON line per item, where the benchmark's rules allow it

examples:
  ./evaluate --limit 50
  ./evaluate --model checkpoints/step-400 --json-output-file result.json
`

/** Items; fewer are done before anybody wonders. */
const linesFrom = 100

const [socketPath = '', ...argv] = process.argv.slice(2)

try {
  await main()
} catch (error) {
  process.stderr.write(`evaluate: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: {
      model: { type: 'string', default: 'final_model' },
      limit: { type: 'string' },
      'gpu-memory-utilization': { type: 'string' },
      'json-output-file': { type: 'string' },
      'samples-output-file': { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const limit = values.limit === undefined ? undefined : Number(values.limit)
  if (limit !== undefined && (!Number.isInteger(limit) || (limit < 1 && limit !== -1)))
    throw new Error(`--limit takes a whole number from 1, or -1 for all, not "${values.limit}"`)
  const share = values['gpu-memory-utilization']
  const gpuMemoryShare = share === undefined ? undefined : Number(share)
  if (gpuMemoryShare !== undefined && !(gpuMemoryShare > 0 && gpuMemoryShare <= 1))
    throw new Error(`--gpu-memory-utilization takes a number above 0, at most 1, not "${share}"`)
  using service = createJsonClient({ socketPath })
  const port = await findFreePort()
  const assignment = (await post(service, '/evaluations', {
    model: values.model,
    modelPath: resolve(values.model),
    port,
    ...(gpuMemoryShare === undefined ? {} : { gpuMemoryShare }),
    ...(limit === undefined || limit === -1 ? {} : { limit }),
  })) as EvaluationAssignment // our own supervisor on the other side
  const outputs = await generate(assignment, port)
  const reply = (await post(service, `/evaluations/${assignment.id}/outputs`, outputs)) as EvaluationReply // likewise
  if (values['json-output-file'] !== undefined) await writeFile(values['json-output-file'], reply.summaryFile)
  if (values['samples-output-file'] !== undefined) {
    if (reply.samplesFile === null) throw new Error('the rules of this benchmark give no samples')
    await writeFile(values['samples-output-file'], reply.samplesFile)
  }
  process.stdout.write(
    `accuracy ${reply.accuracy.toFixed(4)} ± ${reply.stderr.toFixed(4)} (standard error) on ${reply.items} items` +
      `${reply.errors > 0 ? `, ${reply.errors} without an answer` : ''}\n`,
  )
}

async function generate(assignment: EvaluationAssignment, port: number): Promise<EvaluationOutputs> {
  const [command = '', ...args] = assignment.engine.argv
  const engine = spawn(command, args, {
    env: { ...process.env, ...assignment.engine.env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = new Promise<never>((_, reject) => {
    engine.on('error', reject)
    engine.on('exit', (code, signal) =>
      reject(new Error(`the model could not be served (${signal ?? `exit code ${code}`})`)),
    )
  })
  const giveUp = new AbortController()
  exited.catch(() => {}) // awaited below; an exit after the end is expected
  try {
    using client = createJsonClient({ port }, { connections: assignment.concurrency })
    if (!(await Promise.race([untilHealthy(client, assignment.readyTimeoutMs, giveUp.signal), exited])))
      throw new Error(`the model was not ready after ${Math.round(assignment.readyTimeoutMs / 1000)} s`)
    const adaptive = createAdaptiveConcurrency({ highest: assignment.concurrency })
    const outputs: EvaluationOutputs['outputs'][number][] = []
    const work = mapConcurrently(assignment.requests, assignment.concurrency, async ({ id, request }) => {
      outputs.push({ id, ...(await answer(client, assignment.modelName, { request, adaptive })) })
      progress(outputs.length, assignment.requests.length)
    })
    await Promise.race([work, exited])
    return { outputs }
  } finally {
    giveUp.abort()
    engine.kill('SIGKILL')
  }
}

async function answer(
  client: JsonClient,
  model: string,
  { request, adaptive }: { request: ChatRequest; adaptive: AdaptiveConcurrency },
): Promise<Omit<EvaluationOutputs['outputs'][number], 'id'>> {
  try {
    const signal = new AbortController().signal
    return await requestCompletion(client, request, { model, signal, adaptive })
  } catch (error) {
    if (!(error instanceof CompletionRefused)) throw error
    return { text: '', finishReason: 'error', error: error.message }
  }
}

function progress(done: number, total: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${done}/${total} items${done === total ? '\n' : ''}`)
  else if (total >= linesFrom && done % Math.ceil(total / 10) === 0)
    process.stderr.write(`${done}/${total} items\n`)
}

async function post(client: JsonClient, path: string, body: unknown): Promise<unknown> {
  const response = await client.send('POST', path, body)
  if (response.status === 200) return response.body
  const message =
    typeof response.body === 'object' && response.body !== null && 'error' in response.body
      ? response.body.error
      : response.text
  throw new Error(String(message))
}

import { mkdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Benchmark, BenchmarkItems } from '../../domain/benchmark.ts'
import type { ChatOutput, ChatRequest } from '../../domain/chat.ts'
import {
  evaluationMetricsSchema,
  sampleSchema,
  type EvaluationMetrics,
  type ItemSet,
  type Sample,
  type SetMetrics,
} from '../../domain/evaluation.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type { ScoringTools } from '../../domain/scoring.ts'
import { writeFileAtomic, writeJsonAtomic } from '../../lib/atomic-file.ts'
import { createAdaptiveConcurrency } from '../../lib/adaptive-concurrency.ts'
import { requestCompletion } from '../../lib/chat-completions.ts'
import type { JsonClient } from '../../lib/http-json.ts'
import { openJsonlWriter, readJsonl } from '../../lib/jsonl.ts'
import { mapConcurrently } from '../../lib/map-concurrently.ts'
import { ask, isRefused } from './ask.ts'
import { evaluationRequest, maxTokensOf, planQuestions, questionKey } from './questions.ts'
import { watchForStall, type StallWatch } from './stall-watch.ts'
import { summariseSet } from './summarise.ts'

export interface EvaluationSubject {
  readonly modelHash: string
  readonly engine: string
  readonly sandbox: string
  readonly protocolHash: string
}

export interface EvaluationOptions {
  /** Folder that gets `samples.jsonl` and `metrics.json`. */
  readonly path: string
  readonly benchmark: Benchmark
  readonly protocol: Protocol
  readonly items: BenchmarkItems
  readonly sets: readonly ItemSet[]
  readonly fewShot: number
  readonly subject: EvaluationSubject
  readonly tools: ScoringTools
  readonly client: JsonClient
  readonly modelName: string
  /** Most requests at once; how many are is found out. */
  readonly concurrency: number
  /** How long the server may work without answering anything. Default 1 h. */
  readonly stallTimeoutMs?: number | undefined
  readonly signal: AbortSignal
  /** What else belongs to the score; asked when all samples are there. */
  readonly circumstances?: () => Promise<
    Pick<EvaluationMetrics, 'attempt' | 'aborted' | 'overrides' | 'judge'>
  >
  readonly onSample?: (done: number, total: number) => void
  /** Called right before anything is written; what it throws prevents that and ends the evaluation. */
  readonly fence?: () => void
}

/** Not one question was answered: that says nothing about the model before the server is known to be in order. */
export class NothingAnswered extends Error {
  constructor(firstReason: string) {
    super(firstReason)
    this.name = 'NothingAnswered'
  }
}

/**
 * Evaluates a served model on the items of a benchmark, sample by sample. Samples on record are not asked again, so a
 * killed evaluation goes on where it was; the finished files do not tell the difference.
 */
export async function runEvaluation(options: EvaluationOptions): Promise<EvaluationMetrics> {
  const { benchmark, protocol, tools, fence = (): void => {} } = options
  const startedAt = new Date().toISOString()
  const started = performance.now()
  fence()
  await mkdir(options.path, { recursive: true })
  const samplesPath = join(options.path, 'samples.jsonl')
  const jobs = planQuestions(options)
  const done = await readSamples(samplesPath)
  const todo = jobs.filter((question) => !done.has(questionKey(question)))
  const examples = options.items.train.slice(0, options.fewShot)
  const adaptive = createAdaptiveConcurrency({ highest: options.concurrency })
  const generate = (request: ChatRequest, stall: StallWatch): Promise<ChatOutput> =>
    stall.watch(
      requestCompletion(options.client, request, {
        adaptive,
        model: options.modelName,
        signal: AbortSignal.any([options.signal, stall.signal]),
      }),
    )
  {
    using writer = openJsonlWriter(samplesPath, { sync: false })
    using stall = watchForStall(options.stallTimeoutMs)
    await mapConcurrently(todo, options.concurrency, async (question) => {
      const request = evaluationRequest(benchmark, protocol, question.item, { examples, pass: question.pass })
      const answered = await ask(question, {
        benchmark,
        tools,
        request,
        generate: (body) => generate(body, stall),
      }).catch((error: unknown) => {
        adaptive.close(error) // what waits for room is not asked any more
        throw error
      })
      // In the order of the schema, as it is read back: the files do not tell who wrote them when.
      const sample = sampleSchema.parse(answered)
      fence()
      writer.append(sample)
      done.set(questionKey(sample), sample)
      options.onSample?.(done.size, jobs.length)
    })
  }
  const samples = jobs.flatMap((question) => done.get(questionKey(question)) ?? [])
  if (samples.length > 0 && samples.every(isRefused)) {
    // put aside, so that the next try asks again
    await rename(samplesPath, join(options.path, 'samples.unanswered.jsonl'))
    throw new NothingAnswered(samples[0]?.error ?? '')
  }
  await writeFileAtomic(samplesPath, renderLines(samples), { fence })
  const of = (set: ItemSet): Sample[] => samples.filter((sample) => sample.set === set)
  const summarise = (some: readonly Sample[]): SetMetrics => summariseSet(benchmark, protocol.scoring, some)
  const asked = (set: ItemSet): boolean => jobs.some((question) => question.set === set)
  // As it is read back, so that it makes no difference who evaluated when.
  const metrics = evaluationMetricsSchema.parse({
    schemaVersion: 1,
    protocol: protocol.id,
    benchmark: benchmark.id,
    ...options.subject,
    seeds: protocol.sampling.seeds,
    fewShot: options.fewShot,
    test: summarise(of('test')),
    passes: protocol.sampling.seeds.map(
      (_, index) => summarise(of('test').filter(({ pass }) => pass === index + 1)).accuracy,
    ),
    shadow: asked('shadow') ? summarise(of('shadow')) : null,
    probe:
      benchmark.probe !== undefined && asked('test_probe') && asked('shadow_probe')
        ? {
            chance: benchmark.probe.chance,
            test: summarise(of('test_probe')),
            shadow: summarise(of('shadow_probe')),
          }
        : null,
    maxTokens: maxTokensOf(benchmark, protocol),
    ...(await options.circumstances?.()),
    startedAt,
    durationMs: Math.round(performance.now() - started),
  } satisfies EvaluationMetrics)
  await writeJsonAtomic(join(options.path, 'metrics.json'), metrics, { fence })
  return metrics
}

/** In pieces: all samples in one text would be as large as all prompts and answers together. */
function* renderLines(samples: readonly Sample[]): Generator<Uint8Array> {
  const linesAtOnce = 32
  for (let at = 0; at < samples.length; at += linesAtOnce) {
    const lines = samples.slice(at, at + linesAtOnce).map((sample) => `${JSON.stringify(sample)}\n`)
    yield Buffer.from(lines.join(''))
  }
}

export async function readMetrics(path: string): Promise<EvaluationMetrics | null> {
  try {
    return evaluationMetricsSchema.parse(JSON.parse(await readFile(join(path, 'metrics.json'), 'utf8')))
  } catch {
    return null
  }
}

async function readSamples(path: string): Promise<Map<string, Sample>> {
  const { lines } = await readJsonl(path)
  const samples = lines.map(({ value }) => sampleSchema.parse(value))
  return new Map(samples.map((sample) => [questionKey(sample), sample]))
}

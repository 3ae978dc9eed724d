import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Benchmark, BenchmarkItems, Item } from '../../domain/benchmark.ts'
import type { ChatMessage, ChatRequest } from '../../domain/chat.ts'
import {
  evaluationMetricsSchema,
  sampleSchema,
  summariseSamples,
  type EvaluationMetrics,
  type ItemSet,
  type Sample,
} from '../../domain/evaluation.ts'
import type { Protocol } from '../../domain/protocol.ts'
import type { ScoringTools } from '../../domain/scoring.ts'
import { writeFileAtomic, writeJsonAtomic } from '../../lib/atomic-file.ts'
import { CompletionRefused, requestCompletion } from '../../lib/chat-completions.ts'
import { sha256 } from '../../lib/hash.ts'
import type { JsonClient } from '../../lib/http-json.ts'
import { openJsonlWriter, readJsonl } from '../../lib/jsonl.ts'
import { mapConcurrently } from '../../lib/map-concurrently.ts'

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
  readonly concurrency: number
  readonly signal: AbortSignal
}

/**
 * Evaluates a served model on the items of a benchmark, sample by sample. Samples on record are not asked again, so a
 * killed evaluation goes on where it was; the finished files do not tell the difference.
 */
export async function runEvaluation(options: EvaluationOptions): Promise<EvaluationMetrics> {
  const startedAt = new Date()
  await mkdir(options.path, { recursive: true })
  const samplesPath = join(options.path, 'samples.jsonl')
  const jobs = planQuestions(options)
  const done = await readSamples(samplesPath)
  const todo = jobs.filter((question) => !done.has(sampleKey(question)))
  const examples = options.items.train.slice(0, options.fewShot)
  {
    using writer = openJsonlWriter(samplesPath, { sync: false })
    await mapConcurrently(todo, options.concurrency, async (question) => {
      // In the order of the schema, as it is read back: the files do not tell who wrote them when.
      const sample = sampleSchema.parse(await ask(options, question, examples))
      writer.append(sample)
      done.set(sampleKey(sample), sample)
    })
  }
  const samples = jobs.flatMap((question) => done.get(sampleKey(question)) ?? [])
  await writeFileAtomic(samplesPath, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
  const of = (set: ItemSet): Sample[] => samples.filter((sample) => sample.set === set)
  const asked = (set: ItemSet): boolean => jobs.some((question) => question.set === set)
  const metrics: EvaluationMetrics = {
    schemaVersion: 1,
    protocol: options.protocol.id,
    benchmark: options.benchmark.id,
    ...options.subject,
    seeds: options.protocol.sampling.seeds,
    fewShot: options.fewShot,
    test: summariseSamples(of('test')),
    passes: options.protocol.sampling.seeds.map(
      (_, index) => summariseSamples(of('test').filter(({ pass }) => pass === index + 1)).accuracy,
    ),
    shadow: options.sets.includes('shadow') ? summariseSamples(of('shadow')) : null,
    probe:
      options.benchmark.probe !== undefined && asked('test_probe') && asked('shadow_probe')
        ? {
            chance: options.benchmark.probe.chance,
            test: summariseSamples(of('test_probe')),
            shadow: summariseSamples(of('shadow_probe')),
          }
        : null,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
  }
  await writeJsonAtomic(join(options.path, 'metrics.json'), metrics)
  return metrics
}

/** One request of an evaluation. */
interface Question {
  readonly set: ItemSet
  readonly item: Item
  readonly id: string
  /** From 1. */
  readonly pass: number
}

/** Every item once per seed; probes once, for what is known by heart does not depend on luck. */
function planQuestions({ sets, items, benchmark, protocol }: EvaluationOptions): Question[] {
  const inPass = (set: ItemSet, pass: number, list: readonly Item[]): Question[] =>
    list.map((item) => ({ set, item, id: item.id, pass }))
  return sets.flatMap((set) => {
    const source = set === 'test' || set === 'test_probe' ? items.test : items.shadow
    if (set === 'test' || set === 'shadow')
      return protocol.sampling.seeds.flatMap((_, index) => inPass(set, index + 1, source))
    const cut = source.slice(0, protocol.probeItems).flatMap((item) => benchmark.probe?.cut(item) ?? [])
    return inPass(set, 1, cut)
  })
}

/** The request for one item: the same for the final evaluation, a baseline and the agent's own `./evaluate`. */
export function evaluationRequest(
  benchmark: Benchmark,
  protocol: Protocol,
  item: Item,
  options: { readonly examples?: readonly Item[]; readonly pass?: number } = {},
): ChatRequest {
  const { examples = [], pass = 1 } = options
  const shots = examples.flatMap((example): ChatMessage[] => [
    ...example.messages,
    { role: 'assistant', content: example.completion ?? example.target },
  ])
  return {
    messages: [...shots, ...item.messages],
    ...(item.tools === undefined ? {} : { tools: item.tools }),
    maxTokens: protocol.maxTokens[benchmark.id] ?? benchmark.maxTokens,
    ...(protocol.sampling.temperature === undefined ? {} : { temperature: protocol.sampling.temperature }),
    ...(protocol.sampling.topP === undefined ? {} : { topP: protocol.sampling.topP }),
    ...(protocol.sampling.requestSeeds === 'none'
      ? {}
      : { seed: sampleSeed(protocol.sampling.seeds[pass - 1] ?? 0, item.id) }),
  }
}

export async function readMetrics(path: string): Promise<EvaluationMetrics | null> {
  try {
    return evaluationMetricsSchema.parse(JSON.parse(await readFile(join(path, 'metrics.json'), 'utf8')))
  } catch {
    return null
  }
}

async function ask(
  options: EvaluationOptions,
  { set, item, pass }: Question,
  examples: readonly Item[],
): Promise<Sample> {
  const request = evaluationRequest(options.benchmark, options.protocol, item, { examples, pass })
  const started = performance.now()
  const base = {
    set,
    id: item.id,
    pass,
    seed: request.seed ?? 0,
    messages: [...request.messages],
    target: item.target,
  }
  try {
    const completion = await requestCompletion(options.client, request, {
      model: options.modelName,
      signal: options.signal,
    })
    const score = await options.benchmark.score(item, completion, options.tools)
    return {
      ...base,
      output: completion.text,
      finishReason: completion.finishReason,
      promptTokens: completion.promptTokens,
      completionTokens: completion.completionTokens,
      answer: score.answer,
      value: score.value,
      latencyMs: Math.round(performance.now() - started),
    }
  } catch (error) {
    if (!(error instanceof CompletionRefused)) throw error
    return {
      ...base,
      output: '',
      finishReason: 'error',
      promptTokens: 0,
      completionTokens: 0,
      answer: null,
      value: 0,
      error: error.message,
      latencyMs: Math.round(performance.now() - started),
    }
  }
}

async function readSamples(path: string): Promise<Map<string, Sample>> {
  const { lines } = await readJsonl(path)
  const samples = lines.map(({ value }) => sampleSchema.parse(value))
  return new Map(samples.map((sample) => [sampleKey(sample), sample]))
}

function sampleKey({ set, pass, id }: Pick<Sample, 'set' | 'pass' | 'id'>): string {
  return `${set}/${pass}/${id}`
}

/** 31-bit seed of one sample, so that samples are independent and each can be repeated alone. */
function sampleSeed(seed: number, itemId: string): number {
  return Number.parseInt(sha256(`${seed}/${itemId}`).slice(0, 8), 16) & 0x7fffffff
}

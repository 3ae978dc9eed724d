import type { Benchmark, BenchmarkItems, Item } from '../../domain/benchmark.ts'
import type { ChatMessage, ChatRequest } from '../../domain/chat.ts'
import type { ItemSet, Sample } from '../../domain/evaluation.ts'
import type { Protocol } from '../../domain/protocol.ts'
import { sampleSeed } from '../../lib/scoring/sample-seed.ts'

/** One request of an evaluation. */
export interface Question {
  readonly set: ItemSet
  readonly item: Item
  readonly id: string
  /** From 1. */
  readonly pass: number
}

/** Every item once per seed; probes once, for what is known by heart does not depend on luck. */
export function planQuestions({
  sets,
  items,
  benchmark,
  protocol,
}: {
  readonly sets: readonly ItemSet[]
  readonly items: BenchmarkItems
  readonly benchmark: Benchmark
  readonly protocol: Protocol
}): Question[] {
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

/** The name of a question within its evaluation, for ever. */
export function questionKey({ set, pass, id }: Pick<Sample, 'set' | 'pass' | 'id'>): string {
  return `${set}/${pass}/${id}`
}

/** New tokens for one item. */
export function maxTokensOf(benchmark: Benchmark, protocol: Protocol): number {
  return protocol.maxTokens[benchmark.id] ?? benchmark.maxTokens
}

/** The request for one item: the same for the final evaluation, a baseline and the agent's own `./evaluate`. */
export function evaluationRequest(
  benchmark: Benchmark,
  protocol: Protocol,
  item: Item,
  options: { readonly examples?: readonly Item[]; readonly pass?: number } = {},
): ChatRequest {
  const { examples = [], pass = 1 } = options
  const { temperature, topP, seeds, requestSeeds } = protocol.sampling
  const runSeed = seeds[pass - 1] ?? 0
  return {
    messages: withExamples(item.messages, examples),
    ...(item.tools === undefined ? {} : { tools: item.tools }),
    maxTokens: maxTokensOf(benchmark, protocol),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(requestSeeds === 'none'
      ? {}
      : { seed: sampleSeed({ runSeed, sampleId: item.id, epoch: 1, call: 0 }) }),
  }
}

/** Examples stand between the system's words and the question. */
function withExamples(messages: readonly ChatMessage[], examples: readonly Item[]): ChatMessage[] {
  const shots = examples.flatMap((example): ChatMessage[] => [
    ...example.messages,
    { role: 'assistant', content: example.completion ?? example.target },
  ])
  const start = messages.findIndex(({ role }) => role !== 'system')
  return [...messages.slice(0, start), ...shots, ...messages.slice(start)]
}

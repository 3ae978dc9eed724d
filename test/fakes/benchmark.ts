import type { Benchmark, Item, LoadOptions } from '../../src/domain/benchmark.ts'
import { protocolSchema, type Protocol } from '../../src/domain/protocol.ts'

function item(set: string, index: number): Item {
  return {
    id: `${set}-${index}`,
    messages: [{ role: 'user', content: `question ${set} ${index}` }],
    target: String(index),
    fingerprints: [`question ${set} ${index}`],
    completion: String(index),
  }
}

/** The answer to `question <set> <n>` is `n`. */
export const countingBenchmark = {
  id: 'counting',
  title: 'Counting',
  description: 'Say the number.',
  version: 1,
  metric: 'accuracy',
  maxTokens: 4,
  agentNotes: 'Say the number.',
  load({ counts }: Pick<LoadOptions, 'counts'>) {
    const draw = (set: string, count: number): Item[] =>
      Array.from({ length: count }, (_, index) => item(set, index))
    return Promise.resolve({
      train: draw('train', counts.train),
      test: draw('test', counts.test),
      shadow: draw('shadow', counts.shadow),
    })
  },
  score(of, output) {
    const answer = /\d+/.exec(output.text)?.[0] ?? null
    return { value: answer === of.target ? 1 : 0, answer }
  },
} as const satisfies Benchmark

/** The same, where a judge says in a word what the answer is worth. */
export const judgedBenchmark = {
  ...countingBenchmark,
  id: 'judged',
  needs: ['judge'],
  async score({ id, target }, { text }, { judge }) {
    const reply = await judge.ask({
      key: id,
      messages: [{ role: 'user', content: `${target} ${text}` }],
      maxTokens: 5,
      attempts: 1,
      waitsMs: [10],
    })
    return { value: Number(reply), answer: text }
  },
} as const satisfies Benchmark

export const countingProtocol: Protocol = protocolSchema.parse({
  id: 'counting-v1',
  title: 'Counting',
  benchmarks: ['counting'],
  weights: 'from_baselines',
  itemSeed: 1,
  items: { train: 3, test: 8, shadow: 4 },
  sampling: { temperature: 0, seeds: [1] },
  probeItems: 2,
  chatTemplate: 'base',
  selfEvaluation: { samples: 'full' },
  fewShot: 2,
  prompt: 'v1',
  policy: 'default',
})

import type { Benchmark, BenchmarkItems, LoadOptions } from '../../domain/benchmark.ts'
import { parseArenaItems } from './items.ts'
import { scoreArena, summariseArena } from './score.ts'

const agentNotes = `Creative writing (Arena-Hard v2.0, 250 requests). The user's message is the request. A grading model compares the
reply with that of Qwen3-1.7B, twice, once in each place; the score is the mean share of points won, in which a clear
verdict counts three times.

- A reply may take 16,384 new tokens; what stands before \`</think>\` is not read, and repetitions are cut.
- Temperature and the like are those of the \`generation_config.json\` that you submit.
- There is no training split. Using the test requests, or answers to them, is contamination.
`

/** Creative writing, judged against a fixed model's answers. */
export const arenahardwriting = {
  id: 'arenahardwriting',
  title: 'Arena-Hard writing',
  description: 'Creative writing; a grading model compares it with the answer of Qwen3-1.7B.',
  version: 1,
  metric: 'accuracy',
  maxTokens: 16_384,
  agentNotes,
  datasets: ['arena-hard-writing-questions', 'arena-hard-writing-baseline'],
  needs: ['judge'],
  async load({ counts, data }: LoadOptions): Promise<BenchmarkItems> {
    const items = parseArenaItems(
      await data.rows('arena-hard-writing-questions'),
      await data.rows('arena-hard-writing-baseline'),
    )
    return { train: [], test: items.slice(0, counts.test), shadow: [] }
  },
  score: scoreArena,
  summarise: summariseArena,
} as const satisfies Benchmark

import type { Benchmark, BenchmarkItems, LoadOptions } from '../../domain/benchmark.ts'
import { parseHealthbenchItems } from './items.ts'
import { scoreHealthbench, summariseHealthbench } from './score.ts'

const agentNotes = `Conversations about health of at least five turns (an easy part of HealthBench, 245 of them). The messages are the whole
conversation, without a system message; the reply is its next turn. A grading model says for each criterion that
physicians wrote down whether the reply meets it; criteria have points from -10 to 10. An example's score is the points of
the criteria that were met over all positive points; the score is the mean, cut to 0 and 1.

- A reply may take 16,384 new tokens; what stands before \`</think>\` is not read, and repetitions are cut.
- Temperature and the like are those of the \`generation_config.json\` that you submit.
- There is no training split. Using the test conversations, criteria or ideal answers is contamination.
`

/** Health conversations, judged by physicians' criteria. */
export const healthbench = {
  id: 'healthbench',
  title: 'HealthBench easy',
  description: "Conversations about health; a grading model checks physicians' criteria.",
  version: 1,
  metric: 'accuracy',
  maxTokens: 16_384,
  agentNotes,
  datasets: ['healthbench-easy'],
  needs: ['judge'],
  async load({ counts, data }: LoadOptions): Promise<BenchmarkItems> {
    const items = parseHealthbenchItems(await data.rows('healthbench-easy'))
    return { train: [], test: items.slice(0, counts.test), shadow: [] }
  },
  score: scoreHealthbench,
  summarise: summariseHealthbench,
} as const satisfies Benchmark

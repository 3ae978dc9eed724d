import type { Benchmark, BenchmarkItems, LoadOptions } from '../../domain/benchmark.ts'
import { gsm8kExamples, parseGsm8kItems, parseGsm8kTraining } from './items.ts'
import { scoreGsm8k } from './score.ts'

const agentNotes = `Grade-school word problems whose answer is a number (GSM8K, 1,319 test problems). A system message shows ten solved
examples; the user's message is a fixed instruction, the problem, and a reminder to end with a line \`ANSWER: 42\`. The
last number of the reply counts.

- A reply may take 4,000 new tokens; text between the first \`<think>\` and \`</think>\` is not read.
- Temperature and the like are those of the \`generation_config.json\` that you submit.
- The training split of GSM8K may be used. The test split, its answers or copies of either may not: that is contamination.
`

/** Grade-school mathematics, with ten worked examples in the prompt. */
export const gsm8k = {
  id: 'gsm8k',
  title: 'GSM8K',
  description: 'Grade-school word problems after ten examples; the last number of the reply must be right.',
  version: 1,
  metric: 'accuracy',
  maxTokens: 4000,
  agentNotes,
  datasets: ['gsm8k-test', 'gsm8k-train'],
  async load({ counts, data }: LoadOptions): Promise<BenchmarkItems> {
    const train = await data.rows('gsm8k-train')
    const test = await data.rows('gsm8k-test')
    return {
      train: parseGsm8kTraining(train).slice(0, counts.train),
      test: parseGsm8kItems(test, gsm8kExamples(train)).slice(0, counts.test),
      shadow: [],
    }
  },
  score: (item, output, { rules }) => scoreGsm8k(item, output, rules),
} as const satisfies Benchmark

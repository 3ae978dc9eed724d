import type { Benchmark, BenchmarkItems, LoadOptions } from '../../domain/benchmark.ts'
import { parseGpqaItems } from './items.ts'
import { scoreGpqa } from './score.ts'

const agentNotes = `Graduate-level questions in biology, physics and chemistry with four choices (GPQA main, 448 questions). The user's
message is a fixed instruction, the question, and the choices as \`A) ...\` to \`D) ...\`. The reply must have a line that is
exactly \`ANSWER: B\`: upper case, no brackets, no bold, nothing behind the letter but a full stop.

- A reply may take 16,000 new tokens; text between the first \`<think>\` and \`</think>\` is not read.
- Temperature and the like are those of the \`generation_config.json\` that you submit.
- There is no training split. Using the test questions, their answers or copies of either is contamination.
`

/** Graduate-level multiple choice. The data are gated: their authors ask that nobody republishes them. */
export const gpqamain = {
  id: 'gpqamain',
  title: 'GPQA main',
  description: 'Graduate-level questions with four choices; the letter after "ANSWER:" must be right.',
  version: 1,
  metric: 'accuracy',
  maxTokens: 16_000,
  agentNotes,
  datasets: ['gpqa-main'],
  async load({ seed, counts, data }: LoadOptions): Promise<BenchmarkItems> {
    const items = parseGpqaItems(await data.rows('gpqa-main'), seed)
    return { train: [], test: items.slice(0, counts.test), shadow: [] }
  },
  score: (item, output) => scoreGpqa(item, output),
} as const satisfies Benchmark

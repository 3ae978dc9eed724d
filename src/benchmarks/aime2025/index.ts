import type { Benchmark, BenchmarkItems, LoadOptions } from '../../domain/benchmark.ts'
import { parseAimeItems } from './items.ts'
import { scoreAime } from './score.ts'

const agentNotes = `The thirty problems of the American Invitational Mathematics Examination 2025; every answer is a whole number from
0 to 999. The user's message is a fixed instruction, the problem, and a reminder to end with a line \`ANSWER: 42\`. Where
no such line can be found, the last number of the reply counts.

- A reply may take 16,000 new tokens, thinking included; text between the first \`<think>\` and \`</think>\` is not read.
- Temperature and the like are those of the \`generation_config.json\` that you submit.
- There is no training split. Using the test problems, their answers or copies of either is contamination.
`

/** Competition mathematics with whole-number answers. The next year's problems are its held-out set. */
export const aime2025 = {
  id: 'aime2025',
  title: 'AIME 2025',
  description: 'Thirty competition problems; the number on the last line must be right.',
  version: 1,
  metric: 'accuracy',
  maxTokens: 16_000,
  agentNotes,
  datasets: ['aime2025'],
  async load({ counts, data }: LoadOptions): Promise<BenchmarkItems> {
    const heldOut =
      counts.shadow > 0 && (await data.has('aime2026')) ? parseAimeItems(await data.rows('aime2026')) : []
    return {
      train: [],
      test: parseAimeItems(await data.rows('aime2025')).slice(0, counts.test),
      shadow: heldOut.map((item) => ({ ...item, id: `aime2026-${item.id}` })).slice(0, counts.shadow),
    }
  },
  score: (item, output, { rules }) => scoreAime(item, output, rules),
} as const satisfies Benchmark

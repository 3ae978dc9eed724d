import type { Benchmark, BenchmarkItems, LoadOptions } from '../../domain/benchmark.ts'
import { parseBfclItems } from './items.ts'
import { scoreBfcl } from './score.ts'

const agentNotes = `Function calling (Berkeley Function-Calling Leaderboard v3, \`exec_simple\`, 100 items). One function is offered as \`tools\` of
the chat request, which the chat template shows to the model; the user's message asks for something that takes one call of
it. The right reply:

    <tool_call>
    {"name": "calc_binomial_probability", "arguments": {"n": 20, "k": 5, "p": 0.6}}
    </tool_call>

There must be exactly one call, with the right name, and arguments equal to the expected ones: none missing, none too many,
texts to the letter, \`1\` and \`1.0\` alike. Any \`<tool_call>\` that is not valid JSON makes all of them void.

- A reply may take 16,000 new tokens.
- Temperature and the like are those of the \`generation_config.json\` that you submit.
- There is no training split. Using the test requests, their calls or copies of either is contamination.
`

/** One function, one call, compared exactly. */
export const bfcl = {
  id: 'bfcl',
  title: 'BFCL exec_simple',
  description: 'One offered function must be called once, with exactly the expected arguments.',
  version: 1,
  metric: 'accuracy',
  maxTokens: 16_000,
  agentNotes,
  datasets: ['bfcl-exec-simple'],
  async load({ counts, data }: LoadOptions): Promise<BenchmarkItems> {
    const items = parseBfclItems(await data.rows('bfcl-exec-simple'))
    return { train: [], test: items.slice(0, counts.test), shadow: [] }
  },
  score: (item, output) => scoreBfcl(item, output),
} as const satisfies Benchmark

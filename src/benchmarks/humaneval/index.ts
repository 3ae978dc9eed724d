import type { Benchmark, BenchmarkItems, LoadOptions } from '../../domain/benchmark.ts'
import { parseHumanevalItems } from './items.ts'
import { scoreHumaneval } from './score.ts'

const agentNotes = `Python functions to be completed from signature and docstring (HumanEval, 164 problems). The user's message is a fixed
instruction and the beginning of the program. Of the reply, the first block between \`\`\`python and \`\`\` counts, or all of it
where there is none; from a block, what follows the first line that ends in a colon and goes on with four spaces: the
function's body. It is put behind the beginning of the program, and hidden tests call the function.

- A reply may take 4,000 new tokens; text between the first \`<think>\` and \`</think>\` is not read.
- Each program has 30 s, no network and no files of its own.
- Temperature and the like are those of the \`generation_config.json\` that you submit.
- There is no training split. Using the test problems, their solutions or copies of either is contamination.
`

/** Python functions from docstrings, executed against hidden tests. */
export const humaneval = {
  id: 'humaneval',
  title: 'HumanEval',
  description: 'A Python function from its docstring; hidden tests must pass.',
  version: 1,
  metric: 'accuracy',
  maxTokens: 4000,
  agentNotes,
  datasets: ['humaneval'],
  needs: ['programs'],
  async load({ counts, data }: LoadOptions): Promise<BenchmarkItems> {
    const items = parseHumanevalItems(await data.rows('humaneval'))
    return { train: [], test: items.slice(0, counts.test), shadow: [] }
  },
  score: scoreHumaneval,
} as const satisfies Benchmark

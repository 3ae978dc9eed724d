import type { Benchmark, LoadOptions } from '../../domain/benchmark.ts'
import { drawItems } from '../nano-draw.ts'
import { cutLastNumber } from './cut.ts'
import { draftArith } from './generate.ts'
import { scoreArith } from './score.ts'

const id = 'nano-arith'

const agentNotes = `Word problems about small whole numbers, in 26 kinds, solved in one, two or three steps of \`+ - * /\`. The user's
message is the question and a second line, \`End with ANSWER: and the number.\`:

    Noah shares 27 fish equally among 9 friends. How many fish does each friend get?
    End with ANSWER: and the number.

The number after the last \`ANSWER:\` of the model's reply is compared with the right one. A reply in the style of
the training data spells out the steps first:

    27 / 9 = 3.
    ANSWER: 3

- A reply may take 48 new tokens.
- \`data/train.jsonl\` holds training items, one JSON object a line:
  \`{"messages": [{"role": "user", "content": "..."}], "completion": "..."}\`
- The test items follow the same grammar and share no question with the training items.
`

/** Arithmetic word problems from a fixed grammar: the nano tier's benchmark for reasoning. */
export const nanoArith = {
  id,
  title: 'Nano arithmetic',
  description: 'Word problems of one to three steps; the number after the last "ANSWER:" must be right.',
  version: 1,
  metric: 'accuracy',
  maxTokens: 48,
  agentNotes,
  async load({ seed, counts }: Pick<LoadOptions, 'seed' | 'counts'>) {
    return drawItems({ benchmark: id, seed, counts, draft: draftArith })
  },
  probe: { cut: cutLastNumber, chance: 0.1 },
  score: scoreArith,
} as const satisfies Benchmark

import type { Benchmark, LoadOptions } from '../../domain/benchmark.ts'
import { drawItems } from '../nano-draw.ts'
import { withholdFunction } from './cut.ts'
import { draftTools } from './generate.ts'
import { scoreTools } from './score.ts'

const id = 'nano-tools'

const agentNotes = `Function calling: the model is offered two or three functions and one request, and must answer with the one right
call. The functions come as \`tools\` of the chat request (the chat template shows them to the model); the user's
message is the request, e.g. \`Play happy dog.\`. The right reply:

    <tool_call>
    {"name": "play_song", "arguments": {"title": "happy dog"}}
    </tool_call>

The reply must hold exactly one \`<tool_call>\` block, and the JSON in it must equal the right call: the same name,
the same arguments, integers as integers.

- A reply may take 64 new tokens.
- \`data/train.jsonl\` holds training items, one JSON object a line:
  \`{"messages": [{"role": "user", "content": "..."}], "tools": [{"type": "function", "function": {"name": "...", "description": "...", "parameters": {"title": "string"}}}], "completion": "..."}\`
- The test items follow the same grammar and share no request with the training items. Of their 18 functions 14
  occur in the training items; one test item in six asks for one of the other four.
`

/** Function calling from a fixed grammar: the nano tier's benchmark for tool use. */
export const nanoTools = {
  id,
  title: 'Nano tools',
  description:
    'One of two or three offered functions must be called; exactly one tool block, with equal JSON.',
  version: 1,
  metric: 'accuracy',
  maxTokens: 64,
  agentNotes,
  async load({ seed, counts }: Pick<LoadOptions, 'seed' | 'counts'>) {
    return drawItems({ benchmark: id, seed, counts, draft: draftTools })
  },
  probe: { cut: withholdFunction, chance: 0.02 },
  score: scoreTools,
} as const satisfies Benchmark

/** `node nano/dump-training.ts BENCHMARK COUNT [--seed N] > train.jsonl`: training items as an agent gets them. */
import { parseArgs } from 'node:util'
import { nanoArith } from '../src/benchmarks/nano-arith/index.ts'
import { nanoTools } from '../src/benchmarks/nano-tools/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '0' } },
})
const benchmarks = [nanoArith, nanoTools]
const [id, countText] = positionals
const benchmark = benchmarks.find((candidate) => candidate.id === id)
const count = Number(countText)
const seed = Number(values.seed)

if (benchmark === undefined || !Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
  console.error(
    `usage: node nano/dump-training.ts ${benchmarks.map((known) => known.id).join('|')} COUNT [--seed N]`,
  )
  process.exitCode = 2
} else {
  const { train } = await benchmark.load({ seed, counts: { train: count, test: 0, shadow: 0 } })
  const rows = train.map(({ messages, tools, completion }) =>
    JSON.stringify({ messages, ...(tools === undefined ? {} : { tools }), completion }),
  )
  process.stdout.write(`${rows.join('\n')}\n`)
}

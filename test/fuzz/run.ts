/** `npm run fuzz -- [--seconds N] [--seed N]`: damaged inputs for everything that reads an agent's bytes. */
import { parseArgs } from 'node:util'
import { renderTable } from '../../src/lib/table.ts'
import { fuzz } from './fuzz.ts'
import { targets } from './targets.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
})
const seed = Number(values.seed ?? Date.now() % 2 ** 32)
const ms = (Number(values.seconds) * 1000) / targets.length
if (!Number.isInteger(seed) || !(ms > 0)) {
  console.error('usage: npm run fuzz -- [--seconds N] [--seed N]')
  process.exit(2)
}
const results = []
for (const target of targets) results.push(await fuzz(target, { ms, seed }))
const columns = [
  { title: 'reader' },
  { title: 'inputs', align: 'right' },
  { title: 'slowest', align: 'right' },
  { title: '' },
] as const
console.log(
  renderTable(
    columns,
    results.map(({ target, inputs, slowestMs, failure }) => [
      target,
      String(inputs),
      `${slowestMs.toFixed(1)} ms`,
      failure === null ? 'survived' : 'failed',
    ]),
  ),
)
for (const { target, failure } of results)
  if (failure !== null)
    console.error(`\n${target}, seed ${failure.seed}: ${failure.message}\ninput (base64): ${failure.input}`)
if (results.some(({ failure }) => failure !== null)) process.exitCode = 1

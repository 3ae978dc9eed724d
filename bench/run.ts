/** `npm run bench [-- NAME...]`: runs the benches, prints a table, and JSON with --json. Times are wall-clock.
 * `--with-reference` installs inspect_ai in a scratch environment and measures it beside ours. */
import { parseArgs } from 'node:util'
import { cpus, totalmem } from 'node:os'
import { renderTable } from '../src/lib/table.ts'
import { aggregateRuns } from './aggregate.ts'
import { cliStart } from './cli-start.ts'
import { evaluate } from './evaluate.ts'
import { experimentOverhead } from './experiment-overhead.ts'
import { gateway } from './gateway.ts'
import type { Bench, Figure } from './measure.ts'
import { programs } from './programs.ts'
import { readoption } from './readoption.ts'
import { solveLatency } from './solve-latency.ts'
import { statusOfRuns } from './status.ts'

const benches: readonly Bench[] = [
  cliStart,
  solveLatency,
  readoption,
  experimentOverhead,
  evaluate,
  aggregateRuns,
  statusOfRuns,
  programs,
  gateway,
]

const { values, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    'with-reference': { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name))
if (unknown.length > 0) {
  console.error(
    `no such bench: ${unknown.join(', ')}; there are ${benches.map(({ name }) => name).join(', ')}`,
  )
  process.exit(2)
}

const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.versions.node}`
const report = []
for (const bench of benches) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue
  if (!values.json) console.error(`${bench.name}: ${bench.about} …`)
  report.push({
    name: bench.name,
    about: bench.about,
    rows: await bench.run({ withReference: values['with-reference'] }),
  })
}
if (values.json)
  console.log(JSON.stringify({ machine, at: new Date().toISOString(), benches: report }, null, 2))
else {
  console.log(machine)
  const columns = [
    { title: 'bench' },
    { title: 'figure' },
    { title: 'median', align: 'right' },
    { title: 'min', align: 'right' },
    { title: 'max', align: 'right' },
    { title: 'n', align: 'right' },
  ] as const
  const rows = report.flatMap(({ name, rows: figures }) =>
    figures.map(({ figure, unit, median, min, max, n }) => [
      name,
      figure,
      `${median.toFixed(digits(unit))} ${unit}`,
      min.toFixed(digits(unit)),
      max.toFixed(digits(unit)),
      String(n),
    ]),
  )
  console.log(renderTable(columns, rows))
}

function digits(unit: Figure['unit']): number {
  return unit === 'ratio' ? 3 : 0
}

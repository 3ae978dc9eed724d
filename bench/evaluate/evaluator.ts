/**
 * `node evaluator.ts PORT CONCURRENCY ITEMS.jsonl evaluate|ask`: all items against an endpoint in a process of its own, so that what it
 * takes is its own; `ask` only sends the requests. Prints one line of JSON.
 */
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { gsm8k } from '../../src/benchmarks/gsm8k/index.ts'
import type { Item } from '../../src/domain/benchmark.ts'
import { createJsonClient } from '../../src/lib/http-json.ts'
import { mapConcurrently } from '../../src/lib/map-concurrently.ts'
import { keepYoungGenerationSmall } from '../../src/lib/small-young-generation.ts'
import { readCatalog } from '../../src/run/catalog.ts'
import { runEvaluation } from '../../src/run/evaluation/evaluation.ts'
import { createScoringTools } from '../../src/run/evaluation/scoring-tools.ts'

keepYoungGenerationSmall() // as ptb does
const [port = '', concurrent = '', list = '', what = ''] = process.argv.slice(2)
const concurrency = Number(concurrent)
const protocol = (await readCatalog()).protocol('v1.0')
// the same file that the reference reads, line by line as well
const items: Item[] = []
for await (const line of createInterface({ input: createReadStream(list) })) items.push(JSON.parse(line))
const path = await mkdtemp(join(tmpdir(), 'ptb-bench-'))
using client = createJsonClient({ port: Number(port) }, { connections: concurrency })
const { signal } = new AbortController()

async function evaluate(): Promise<void> {
  const { test } = await runEvaluation({
    path,
    benchmark: gsm8k,
    protocol,
    items: { train: [], test: items, shadow: [] },
    sets: ['test'],
    fewShot: 0,
    subject: { modelHash: 'm', engine: 'bench', sandbox: 'none', protocolHash: 'p' },
    tools: createScoringTools({ rules: protocol.scoring, signal }),
    client,
    modelName: 'm',
    concurrency,
    signal,
  })
  if (test.items !== items.length || test.errors > 0) throw new Error(`${test.errors} errors`)
}

async function ask(): Promise<void> {
  await mapConcurrently(items, concurrency, async ({ messages }) => {
    const body = { model: 'm', messages, max_tokens: 4000 }
    const { status } = await client.send('POST', '/v1/chat/completions', body)
    if (status !== 200) throw new Error(`status ${status}`)
  })
}

const started = performance.now()
await (what === 'ask' ? ask() : evaluate())
const wallMs = performance.now() - started
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    requests: items.length,
    wallMs,
    cpuMs: (user + system) / 1000,
    rssMiB: process.resourceUsage().maxRSS / 1024,
  }),
)
await rm(path, { recursive: true, force: true })

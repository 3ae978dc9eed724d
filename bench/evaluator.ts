import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../src/lib/free-port.ts'
import { createJsonClient, type JsonClient } from '../src/lib/http-json.ts'
import { mapConcurrently } from '../src/lib/map-concurrently.ts'
import { untilHealthy } from '../src/lib/until-healthy.ts'
import { runEvaluation } from '../src/run/evaluation/evaluation.ts'
import { countingBenchmark, countingProtocol } from '../test/fakes/benchmark.ts'
import { scoringTools } from '../test/fakes/scoring.ts'
import { figure, type Bench } from './measure.ts'

const items = 5000
const concurrency = 64
const rounds = 5
const server = fileURLToPath(new URL('../test/fakes/engine-server.mjs', import.meta.url))

/** In pairs with the same client that only asks: what asking costs anyway is not the evaluator's. */
export const evaluator = {
  name: 'evaluator',
  about: `${items} samples asked, scored and written, from an endpoint that answers at once`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'ptb-bench-'))
    await writeFile(join(folder, 'config.json'), '{"loads":true,"answers":true}')
    const port = await findFreePort()
    const endpoint = spawn(process.execPath, [server, '--model', folder, '--port', String(port)])
    try {
      using client = createJsonClient({ port }, { connections: concurrency })
      if (!(await untilHealthy(client, 10_000, new AbortController().signal)))
        throw new Error('the endpoint did not start')
      await ask(client)
      const perSecond: number[] = []
      const ratio: number[] = []
      for (let round = 0; round < rounds; round++) {
        const bare = await ask(client)
        const own = await evaluate(client, join(folder, String(round)))
        perSecond.push(items / (own / 1000))
        ratio.push(own / bare)
      }
      return [
        figure('samples per second', 'per s', perSecond),
        figure('evaluation / only asking', 'ratio', ratio),
      ]
    } finally {
      endpoint.kill()
      await rm(folder, { recursive: true, force: true })
    }
  },
} as const satisfies Bench

async function evaluate(client: JsonClient, path: string): Promise<number> {
  const counts = { train: 0, test: items, shadow: 0 }
  const drawn = await countingBenchmark.load({ counts })
  const started = performance.now()
  await runEvaluation({
    path,
    benchmark: countingBenchmark,
    protocol: countingProtocol,
    items: drawn,
    sets: ['test'],
    fewShot: 0,
    subject: { modelHash: 'm', engine: 'echo', sandbox: 'none', protocolHash: 'p' },
    tools: scoringTools,
    client,
    modelName: 'm',
    concurrency,
    signal: new AbortController().signal,
  })
  return performance.now() - started
}

async function ask(client: JsonClient): Promise<number> {
  const started = performance.now()
  await mapConcurrently(
    Array.from({ length: items }, (_, index) => index),
    concurrency,
    async (index) => {
      const messages = [{ role: 'user', content: `question test ${index}` }]
      const response = await client.send('POST', '/v1/chat/completions', { messages })
      if (response.status !== 200) throw new Error(`status ${response.status}`)
    },
  )
  return performance.now() - started
}

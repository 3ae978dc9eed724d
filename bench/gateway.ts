import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startGateway } from '../src/gateway/start.ts'
import { ensureBundles } from '../src/setup/bundles.ts'
import { runLoad, type Load, type Target } from './gateway-load.ts'
import { findReferences, type Reference } from './gateway-reference.ts'
import { figure, type Bench, type BenchOptions, type Figure } from './measure.ts'

const requests = 3000
const rounds = 5
const token = 'dummy-token-of-the-bench'
const model = 'bench-model'
const messages = [{ role: 'user', content: 'Say hello.' }]
const body = JSON.stringify({ model, max_tokens: 16, messages })
const streamBody = JSON.stringify({ model, max_tokens: 16, stream: true, messages })

/** Small chat completions from an endpoint that answers at once, with metering, a cap shared through a file, and the ledger. */
export const gateway = {
  name: 'gateway',
  about: 'what the gateway adds to a request, and what it can carry',
  async run({ withReference }: BenchOptions) {
    await using endpoint = await startEndpoint()
    const folder = await mkdtemp(join(tmpdir(), 'ptb-bench-gateway-'))
    try {
      const bundles = await ensureBundles()
      await using open = await startGateway(
        {
          run: 'bench',
          token,
          listen: { port: 0 },
          upstreams: { openai: { api: 'openai', baseUrl: `${endpoint.url}/v1`, key: 'sk-bench-key' } },
          models: { declared: [model], others: 'refuse' },
          prices: [
            {
              model,
              since: '2020-01-01',
              source: 'made up for the bench',
              usdPerMillionTokens: { input: 1, cachedInput: 0.1, output: 5 },
              maxPromptTokens: 100_000,
              maxOutputTokens: 10_000,
            },
          ],
          ledger: join(folder, 'ledger.jsonl'),
          cap: { file: join(folder, 'spend.jsonl'), runUsd: 1e6, experimentUsd: 1e6 },
        },
        { program: join(bundles.dir, 'gateway.mjs') },
      )
      const direct = { url: `${endpoint.url}/v1/chat/completions`, headers: {} }
      const through = {
        url: `http://127.0.0.1:${open.port}/openai/v1/chat/completions`,
        headers: { authorization: `Bearer ${token}` },
      }
      const figures = await compare(direct, through, open.pid)
      for (const reference of withReference ? findReferences() : [])
        figures.push(...(await measureReference(reference, endpoint.url, folder)))
      return figures
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
} as const satisfies Bench

/** In turns, so that what else the machine does falls on both. */
async function compare(direct: Target, through: Target, pid: number): Promise<Figure[]> {
  for (const target of [direct, through]) await runLoad(target, { body, requests: 1000, connections: 8 })
  const alone: Record<'direct' | 'through', Load[]> = { direct: [], through: [] }
  const many: Record<'direct' | 'through', Load[]> = { direct: [], through: [] }
  const streams: Record<'direct' | 'through', Load[]> = { direct: [], through: [] }
  const memory: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const [name, target] of [
      ['direct', direct],
      ['through', through],
    ] as const) {
      alone[name].push(await runLoad(target, { body, requests: requests / 3, connections: 1 }))
      many[name].push(await runLoad(target, { body, requests, connections: 32 }))
      streams[name].push(await runLoad(target, { body: streamBody, requests: 40, connections: 8 }))
    }
    memory.push(await memoryMiB(pid, 'VmRSS'))
  }
  const added = (at: number): number[] =>
    alone.through.map(
      ({ latenciesMs }, round) =>
        (quantile(latenciesMs, at) - quantile(alone.direct[round]?.latenciesMs ?? [], at)) * 1000,
    )
  const rate = (loads: readonly Load[]): number[] => loads.map(({ perSecond }) => perSecond)
  const mib = (loads: readonly Load[]): number[] =>
    loads.map(({ bytesPerSecond }) => bytesPerSecond / 1024 ** 2)
  return [
    figure('added to a request at p50', 'µs', added(0.5)),
    figure('added to a request at p99', 'µs', added(0.99)),
    figure('requests on 1 connection', 'per s', rate(alone.through)),
    figure('requests on 32 connections', 'per s', rate(many.through)),
    figure('requests on 32 connections, direct', 'per s', rate(many.direct)),
    figure('streams on 8 connections', 'MiB/s', mib(streams.through)),
    figure('streams on 8 connections, direct', 'MiB/s', mib(streams.direct)),
    figure('memory under load', 'MiB', memory),
    figure('memory at its peak', 'MiB', [await memoryMiB(pid, 'VmHWM')]),
  ]
}

/** The same small requests, without metering, caps or ledger. */
async function measureReference(
  reference: Reference,
  endpointUrl: string,
  folder: string,
): Promise<Figure[]> {
  await using started = await reference.start({ endpointUrl, model, folder })
  await runLoad(started.target, { body, requests: 50, connections: 8 })
  const alone: Load[] = []
  const many: Load[] = []
  for (let round = 0; round < rounds; round++) {
    alone.push(await runLoad(started.target, { body, requests: 200, connections: 1 }))
    many.push(await runLoad(started.target, { body, requests: requests / 3, connections: 32 }))
  }
  const p50 = alone.map(({ latenciesMs }) => quantile(latenciesMs, 0.5) * 1000)
  return [
    figure(`${reference.name}: a request at p50, in all`, 'µs', p50),
    figure(
      `${reference.name}: requests on 1 connection`,
      'per s',
      alone.map(({ perSecond }) => perSecond),
    ),
    figure(
      `${reference.name}: requests on 32 connections`,
      'per s',
      many.map(({ perSecond }) => perSecond),
    ),
    figure(`${reference.name}: memory under load`, 'MiB', [await memoryMiB(started.pid, 'VmRSS')]),
  ]
}

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN
}

/** Of the process, as /proc says; not a number where there is none. */
async function memoryMiB(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
}

async function startEndpoint(): Promise<{ readonly url: string } & AsyncDisposable> {
  const program = fileURLToPath(new URL('gateway-endpoint.mjs', import.meta.url))
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  return {
    url: `http://127.0.0.1:${String(line).trim()}`,
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

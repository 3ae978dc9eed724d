import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { findFreePort } from '../src/lib/free-port.ts'
import { createJsonClient } from '../src/lib/http-json.ts'
import { runCommand } from '../src/lib/process.ts'
import { untilHealthy } from '../src/lib/until-healthy.ts'
import { benchItems } from './evaluate/items.ts'
import { figure, type Bench, type BenchOptions, type Figure } from './measure.ts'
import { installReference, type Reference } from './reference.ts'

const file = (name: string): string => join(import.meta.dirname, 'evaluate', name)

interface Condition {
  readonly title: string
  readonly endpoint: readonly string[]
  readonly concurrency: readonly number[]
  /** Answers per second that the endpoint has, where that is what limits. */
  readonly limit?: number
}

/** As a real engine may have; fast enough for the bench, slow enough that a run takes its time. */
const limit = 100
const conditions: readonly Condition[] = [
  { title: 'no latency', endpoint: [], concurrency: [2, 64, 256] },
  { title: '200 ms latency', endpoint: ['--latency-ms', '200'], concurrency: [64, 256] },
  { title: `${limit} per s at most`, endpoint: ['--per-second', String(limit)], concurrency: [64], limit },
]
const rounds = 3

/** The evaluator, the endpoint and the reference are processes of their own; all of one condition in the same minutes. */
export const evaluate = {
  name: 'evaluate',
  about: 'GSM8K asked, scored and written, from endpoints in a process of their own',
  async run({ withReference }: BenchOptions) {
    const { title, items } = await benchItems()
    const folder = await mkdtemp(join(tmpdir(), 'ptb-bench-'))
    const list = join(folder, 'items.jsonl')
    await writeFile(list, items.map((item) => `${JSON.stringify(item)}\n`).join(''))
    try {
      const reference = withReference ? await installReference() : null
      const figures: Figure[] = []
      for (const condition of conditions)
        for (const concurrency of condition.concurrency)
          figures.push(...(await measure({ condition, concurrency, reference, list })))
      const [first, ...rest] = figures
      return first === undefined
        ? []
        : [{ ...first, figure: `${first.figure} (${items.length} ${title})` }, ...rest]
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
} as const satisfies Bench

async function measure(options: {
  readonly condition: Condition
  readonly concurrency: number
  readonly reference: Reference | null
  readonly list: string
}): Promise<Figure[]> {
  const { condition, concurrency, reference, list } = options
  await using endpoint = await startEndpoint(condition.endpoint)
  const port = String(endpoint.port)
  const run = (what: string): Promise<Use> =>
    measureProcess([process.execPath, file('evaluator.ts'), port, String(concurrency), list, what])
  const own: Use[] = []
  const bare: Use[] = []
  for (let round = 0; round < rounds; round++) {
    bare.push(await run('ask'))
    own.push(await run('evaluate'))
  }
  const other =
    reference === null
      ? null
      : await measureProcess([reference.python, file('reference.py'), port, String(concurrency), list])
  const name = `${condition.title}, ${concurrency} at once`
  return [
    ...renderUse(name, own),
    figure(
      `${name}: evaluation / only asking`,
      'ratio',
      own.map(({ wallMs }, at) => wallMs / (bare[at]?.wallMs ?? NaN)),
    ),
    ...(condition.limit === undefined
      ? []
      : [
          figure(
            `${name}: share of the server's limit`,
            'ratio',
            own.map((use) => rate(use) / limit),
          ),
        ]),
    ...(other === null || reference === null
      ? []
      : [
          ...renderUse(`${name}: inspect_ai ${reference.version}`, [other]),
          figure(
            `${name}: rate / inspect_ai's`,
            'ratio',
            own.map((use) => rate(use) / rate(other)),
          ),
          figure(
            `${name}: CPU / inspect_ai's`,
            'ratio',
            own.map(({ cpuMs }) => cpuMs / other.cpuMs),
          ),
          figure(
            `${name}: memory / inspect_ai's`,
            'ratio',
            own.map(({ rssMiB }) => rssMiB / other.rssMiB),
          ),
        ]),
  ]
}

const useSchema = z.object({
  requests: z.number(),
  wallMs: z.number(),
  cpuMs: z.number(),
  rssMiB: z.number(),
})
type Use = z.infer<typeof useSchema>

function rate({ requests, wallMs }: Use): number {
  return requests / (wallMs / 1000)
}

function renderUse(name: string, uses: readonly Use[]): Figure[] {
  return [
    figure(`${name}: requests`, 'per s', uses.map(rate)),
    figure(
      `${name}: CPU`,
      'ms',
      uses.map(({ cpuMs }) => cpuMs),
    ),
    figure(
      `${name}: peak memory`,
      'MiB',
      uses.map(({ rssMiB }) => rssMiB),
    ),
  ]
}

async function measureProcess(argv: readonly string[]): Promise<Use> {
  const { code, stdout, stderr } = await runCommand(argv, {
    timeoutMs: 600_000,
    // what ptb itself does: its sources are compiled once
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'ptb-bench-compiled') },
  })
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr.slice(-2000)}`)
  return useSchema.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''))
}

async function startEndpoint(args: readonly string[]): Promise<AsyncDisposable & { readonly port: number }> {
  const port = await findFreePort()
  const child = spawn(process.execPath, [file('endpoint.ts'), '--port', String(port), ...args], {
    stdio: 'inherit',
  })
  using client = createJsonClient({ port })
  if (!(await untilHealthy(client, 10_000, new AbortController().signal)))
    throw new Error('the endpoint did not start')
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill()
      await new Promise((done) => child.once('close', done))
    },
  }
}

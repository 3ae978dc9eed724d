import type { Benchmark, LoadOptions } from '../domain/benchmark.ts'
import { BenchError, exitCodes } from '../domain/error.ts'
import { itemCounts } from '../domain/protocol.ts'
import { scoringRulesSchema, type DataFiles } from '../domain/scoring.ts'
import { inertLine } from '../lib/inert-text.ts'
import type { Catalog } from '../run/catalog.ts'
import { checkBenchmark } from './check/check-benchmark.ts'
import { checkAgent, checkEngine, checkSandbox } from './check/check-command.ts'
import { checkDetector } from './check/check-detector.ts'
import { checkProgram } from './check/check-program.ts'
import type { CheckResult } from './check/check-result.ts'
import { configName } from './config/find-config.ts'
import { openConfig } from './config/load-config.ts'
import { createHarness } from './harness.ts'
import { paint, usesColour } from './render.ts'

export interface LeafReport {
  /** `benchmark mine`. */
  readonly leaf: string
  readonly results: readonly CheckResult[]
}

/** Where no protocol has the benchmark. */
const someItems = { train: 50, test: 50, shadow: 50 }

/** Runs the conformance suites on everything in a user's config. Returns the exit code. */
export async function runCheck(options: {
  readonly config: string | undefined
  readonly json: boolean
}): Promise<number> {
  const loaded = await openConfig({ config: options.config })
  if (loaded === null)
    throw new BenchError(`there is no ${configName} here or above`, {
      code: 'config/no_file',
      kind: 'usage',
      remedy: 'Write one with `ptb new benchmark NAME`, or name one with --config.',
    })
  const harness = createHarness(loaded)
  const { data } = harness
  const catalog = await harness.catalog()
  const { config } = loaded
  const reports: LeafReport[] = []
  const add = async (leaf: string, checking: Promise<readonly CheckResult[]>): Promise<void> => {
    reports.push({ leaf, results: await checking })
  }
  for (const benchmark of config.benchmarks ?? [])
    if (benchmark.program !== undefined)
      await add(`benchmark ${benchmark.id}`, checkProgram(benchmark, benchmark.program, harness))
    else
      for (const [name, draw] of drawsOf(benchmark, catalog, data))
        await add(`benchmark ${benchmark.id}${name}`, checkBenchmark(benchmark, draw))
  for (const detector of config.detectors ?? []) await add(`detector ${detector.id}`, checkDetector(detector))
  for (const agent of config.agents ?? []) await add(`agent ${agent.id}`, checkAgent(agent))
  for (const engine of config.engines ?? []) await add(`engine ${engine.id}`, checkEngine(engine))
  for (const sandbox of config.sandboxes ?? []) await add(`sandbox ${sandbox.id}`, checkSandbox(sandbox))

  console.log(options.json ? JSON.stringify(reports, null, 2) : renderReports(loaded.record.path, reports))
  return reports.some(({ results }) => results.some(({ problem }) => problem !== null))
    ? exitCodes.runsFailed
    : exitCodes.ok
}

/** As every protocol draws that has the benchmark; some of each where none has. */
function drawsOf(
  benchmark: Benchmark,
  { protocols }: Catalog,
  data: DataFiles,
): [name: string, draw: LoadOptions][] {
  const own = protocols.filter(({ benchmarks }) => benchmarks.includes(benchmark.id))
  if (own.length === 0)
    return [['', { seed: 1, counts: someItems, rules: scoringRulesSchema.parse({}), data }]]
  return own.map((protocol) => [
    ` under ${protocol.id}`,
    { seed: protocol.itemSeed, counts: itemCounts(protocol), rules: protocol.scoring, data },
  ])
}

function renderReports(path: string, reports: readonly LeafReport[]): string {
  const ink = paint(usesColour(process.stdout))
  const lines = reports.flatMap(({ leaf, results }) => [
    leaf,
    ...results.map(({ rule, problem }) =>
      problem === null
        ? `  ${ink('green', 'ok    ')} ${rule}`
        : `  ${ink('red', 'failed')} ${rule}\n         ${inertLine(problem)}`,
    ),
    '',
  ])
  const all = reports.flatMap(({ results }) => results)
  const failed = all.filter(({ problem }) => problem !== null).length
  if (all.length === 0) return `nothing to check in ${path}`
  const sum = failed === 0 ? 'every rule holds' : `${failed} of ${all.length} rules do not hold`
  return [...lines, `${sum} in ${path}`].join('\n')
}

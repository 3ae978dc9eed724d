import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { cpus } from 'node:os'
import type { Benchmark } from '../domain/benchmark.ts'
import { evaluationMetricsSchema, sampleSchema, type EvaluationMetrics } from '../domain/evaluation.ts'
import { BenchError } from '../domain/error.ts'
import type { Protocol } from '../domain/protocol.ts'
import { readJsonl } from '../lib/jsonl.ts'
import { renderTable } from '../lib/table.ts'
import { loadItems } from '../run/items.ts'
import { findLeaf, type Harness } from '../run/harness.ts'
import { rescore, type Rescored } from '../run/evaluation/rescore.ts'
import { createPrograms } from '../run/programs/create-programs.ts'
import { payloadUser } from '../run/sandbox/payload-user.ts'
import { selectSandbox } from '../run/sandbox/select-sandbox.ts'
import { createSlot } from '../run/slot.ts'
import { listFolders, findRun } from './find-run.ts'
import { openConfig } from './config/load-config.ts'
import { createHarness } from './harness.ts'

export interface ScoreOptions {
  readonly results: string
  readonly config?: string | undefined
  readonly protocols: readonly string[]
  readonly names: readonly string[]
  readonly show: number
  readonly json: boolean
}

interface ScoredEvaluation {
  readonly path: string
  readonly recorded: EvaluationMetrics
  readonly rescored: readonly Rescored[]
}

export async function scoreEvaluations(options: ScoreOptions): Promise<string> {
  const harness = createHarness(await openConfig(options))
  const catalog = await harness.catalog()
  const protocols = options.protocols.map((id) => catalog.protocol(id))
  const evaluations: ScoredEvaluation[] = []
  for (const name of options.names)
    for (const path of await findEvaluations(options.results, name))
      evaluations.push(await scoreEvaluation(harness, path, protocols))
  return options.json ? JSON.stringify(evaluations, null, 2) : render(evaluations, options)
}

async function findEvaluations(results: string, name: string): Promise<string[]> {
  if (existsSync(join(name, 'samples.jsonl'))) return [resolve(name)]
  const { path } = await findRun(results, name)
  const folder = join(path, 'evaluations')
  const found = (await listFolders(folder)).map((each) => join(folder, each))
  if (found.length > 0) return found
  throw new BenchError(`${name} has not been evaluated`, {
    code: 'score/no_evaluation',
    kind: 'usage',
    remedy: 'Name a run that has a score, or the folder of an evaluation.',
  })
}

async function scoreEvaluation(
  harness: Harness,
  path: string,
  protocols: readonly Protocol[],
): Promise<ScoredEvaluation> {
  const recorded = await readRecorded(path)
  if (recorded.program !== undefined) throw keptNoAnswers(path)
  const benchmark: Benchmark = findLeaf('benchmark', harness.benchmarks, recorded.benchmark)
  const own = (await harness.catalog()).protocol(recorded.protocol)
  const { test: items } = await loadItems(harness, benchmark, own)
  const { lines } = await readJsonl(join(path, 'samples.jsonl'))
  const samples = lines.map(({ value }) => sampleSchema.parse(value)).filter(({ set }) => set === 'test')
  const signal = new AbortController().signal
  const {
    sandbox,
    probe: { flags },
  } = await selectSandbox('auto', harness.sandboxes)
  const { python } = benchmark.needs?.includes('programs') ? await harness.python() : { python: '' }
  using slot = createSlot(1)
  if (python !== '') await slot.take({ signal })
  await using programs = createPrograms({
    sandbox,
    flags,
    user: await payloadUser({ slotUser: slot.user(), flags, python, paths: [] }),
    python,
    cores: cpus().length,
    owner: path,
    signal,
  })
  const rescored: Rescored[] = []
  for (const protocol of protocols)
    rescored.push(await rescore({ path, benchmark, protocol, items, samples, programs, signal }))
  return { path, recorded, rescored }
}

function keptNoAnswers(path: string): BenchError {
  return new BenchError(`${path} holds no answers: a program measured the model, and told its score alone`, {
    code: 'score/own_program',
    kind: 'usage',
    remedy: 'Name a run of another benchmark.',
  })
}

async function readRecorded(path: string): Promise<EvaluationMetrics> {
  try {
    return evaluationMetricsSchema.parse(JSON.parse(await readFile(join(path, 'metrics.json'), 'utf8')))
  } catch (error) {
    throw new BenchError(`${path} holds no finished evaluation`, {
      code: 'score/unfinished',
      kind: 'usage',
      remedy: 'Resume the run first; its samples are kept.',
      cause: error,
    })
  }
}

function render(evaluations: readonly ScoredEvaluation[], { show }: ScoreOptions): string {
  const blocks = evaluations.map(({ path, recorded, rescored }) => {
    const rows = rescored.map(({ protocol, metrics, aborted, changed }) => [
      protocol,
      metrics === null ? 'none' : percent(metrics.accuracy),
      metrics === null ? '' : `± ${percent(metrics.stderr)}`,
      metrics === null ? '' : difference(metrics.accuracy - recorded.test.accuracy),
      String(changed.length),
      metrics === null ? `ends at ${aborted ?? ''}` : nameChanged(changed, show),
    ])
    const table = renderTable(
      [
        { title: 'rules' },
        { title: 'score', align: 'right' },
        { title: '' },
        { title: 'change', align: 'right' },
        { title: 'samples', align: 'right' },
        { title: '' },
      ],
      [
        [
          `${recorded.protocol} (recorded)`,
          percent(recorded.test.accuracy),
          `± ${percent(recorded.test.stderr)}`,
        ],
        ...rows,
      ],
    )
    return `${recorded.benchmark}  ${basename(resolve(path, '../..'))}/${basename(path)}\n${table}`
  })
  return blocks.join('\n\n')
}

function nameChanged(changed: Rescored['changed'], show: number): string {
  const named = changed.slice(0, show).map(({ key, before, after }) => `${key} ${before} → ${after}`)
  return [...named, ...(changed.length > show ? [`and ${changed.length - show} more`] : [])].join(', ')
}

function percent(value: number): string {
  return (100 * value).toFixed(2)
}

function difference(value: number): string {
  return `${value < 0 ? '−' : '+'}${percent(Math.abs(value))}`
}

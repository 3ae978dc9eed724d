import { resolve } from 'node:path'
import { formatBytes } from '../domain/byte-size.ts'
import { BenchError } from '../domain/error.ts'
import type { RunState } from '../domain/journal.ts'
import type { Protocol } from '../domain/protocol.ts'
import { formatDuration } from '../domain/duration.ts'
import { inertLine } from '../lib/inert-text.ts'
import { quoteWord } from '../lib/quote-word.ts'
import { renderTable } from '../lib/table.ts'
import { listTree } from '../lib/untrusted-tree.ts'
import { readBaselineMetrics } from '../run/baseline.ts'
import { describeCommands } from '../run/plan/describe-commands.ts'
import { readExperimentFile } from '../run/plan/experiment-file.ts'
import { assertJudge } from '../run/evaluation/scoring-tools.ts'
import { findLeaf, type Harness } from '../run/harness.ts'
import { readJournal } from '../run/journal.ts'
import { baselinePath, runPath } from '../run/plan/lock.ts'
import { planExperiment, planWallHours, type Plan } from '../run/plan/plan.ts'
import { locatePythonEnvironment } from '../setup/python.ts'
import { openConfig } from './config/load-config.ts'
import { estimateDisk, type DiskEstimate } from './disk-estimate.ts'
import { createHarness } from './harness.ts'
import { knownNames } from './known-names.ts'

/** What `ptb run` would do. Reads only. */
export async function renderPlan(options: {
  readonly file: string
  readonly config?: string | undefined
  readonly results: string
  readonly commands: boolean
  readonly json: boolean
}): Promise<string> {
  // showing what would be done installs nothing
  const config = await openConfig({ near: options.file, config: options.config })
  const harness = { ...createHarness(config), python: locatePythonEnvironment }
  const catalog = await harness.catalog()
  const { experiment, agentPath } = await readExperimentFile(options.file, knownNames(harness, catalog))
  const plan = await planExperiment(harness, catalog, experiment, agentPath)
  const path = resolve(options.results, plan.name)
  const states = new Map<string, RunState>()
  for (const { id } of plan.runs) states.set(id, await readJournal(runPath(path, id)))
  const disk = estimateDisk(plan, { keep: experiment.keep, modelBytes: await readModelBytes(plan) })
  const warnings = await listWarnings(harness, catalog.protocol(experiment.protocol), plan)
  const commands = options.commands ? await describeCommands(harness, plan, path) : []
  if (options.json)
    return JSON.stringify(
      {
        ...plan,
        wallHours: planWallHours(plan),
        disk,
        warnings,
        runs: plan.runs.map((run) => ({ ...run, outcome: states.get(run.id)?.outcome ?? null })),
        ...(options.commands ? { commands } : {}),
      },
      null,
      2,
    )
  const baselinesDone = await Promise.all(
    plan.baselines.map(({ id }) => readBaselineMetrics(baselinePath(path, id))),
  )
  return [
    renderCells(plan, states),
    '',
    `${plan.runs.length} runs (${plan.runs.filter(({ id }) => states.get(id)?.outcome != null).length} finished), ` +
      `${plan.baselines.length} baselines (${baselinesDone.filter((metrics) => metrics !== null).length} finished)`,
    `at most ${formatDuration(planWallHours(plan) * 3_600_000)} of agents' time with ${plan.slots} at a time; evaluation comes on top`,
    renderDisk(disk),
    inertLine(`results in ${path}`),
    ...(config === null ? [] : [inertLine(`with ${config.record.path}`)]),
    ...warnings.map((warning) => inertLine(`warning: ${warning}`)),
    ...commands.flatMap(({ title, argv }) => ['', inertLine(`# ${title}`), argv.map(quoteWord).join(' ')]),
  ].join('\n')
}

/** What this machine lacks that the runs will need; another machine may be the one that executes them. */
async function listWarnings(harness: Harness, protocol: Protocol, plan: Plan): Promise<string[]> {
  const ids = new Set(plan.runs.map(({ spec }) => spec.benchmark.id))
  const warnings: string[] = []
  for (const id of ids)
    try {
      const benchmark = findLeaf('benchmark', harness.benchmarks, id)
      assertJudge({ benchmark, protocol, access: await harness.judge() })
    } catch (error) {
      if (!(error instanceof BenchError)) throw error
      warnings.push(`${error.message}. ${error.remedy ?? ''}`)
    }
  return warnings
}

async function readModelBytes(plan: Plan): Promise<Map<string, number>> {
  const paths = new Set(plan.runs.map(({ spec }) => spec.baseModel.path))
  const sizes = new Map<string, number>()
  for (const path of paths) {
    const { entries } = await listTree(path, { entries: 10_000, depth: 8 })
    sizes.set(
      path,
      entries.reduce((sum, { kind, bytes }) => sum + (kind === 'file' ? bytes : 0), 0),
    )
  }
  return sizes
}

function renderDisk({ keep, perRun, total }: DiskEstimate): string {
  return (
    `about ${formatBytes(perRun.liveBytes)} of disk per run while it runs and ${formatBytes(perRun.keptBytes)} kept (keep: ${keep}); ` +
    `in all ${formatBytes(total.peakBytes)} at most and ${formatBytes(total.keptBytes)} after ptb gc`
  )
}

function renderCells(plan: Plan, states: ReadonlyMap<string, RunState>): string {
  const cells = Map.groupBy(plan.runs, ({ spec }) =>
    [spec.agent.name, spec.baseModel.id, spec.benchmark.id].join('\n'),
  )
  return renderTable(
    [
      { title: 'agent' },
      { title: 'base model' },
      { title: 'benchmark' },
      { title: 'budget', align: 'right' },
      { title: 'runs', align: 'right' },
      { title: 'finished', align: 'right' },
    ],
    [...cells.values()].map((runs) => {
      const spec = runs[0]?.spec
      return [
        spec?.agent.name ?? '',
        spec?.baseModel.id ?? '',
        spec?.benchmark.id ?? '',
        formatDuration((spec?.budget.hours ?? 0) * 3_600_000),
        String(runs.length),
        String(runs.filter(({ id }) => states.get(id)?.outcome != null).length),
      ]
    }),
  )
}

import { resolve } from 'node:path'
import type { RunState } from '../domain/journal.ts'
import { formatDuration } from '../domain/duration.ts'
import { renderTable } from '../lib/table.ts'
import { readCatalog } from '../run/catalog.ts'
import { readBaselineMetrics } from '../run/baseline.ts'
import { describeCommands } from '../run/plan/describe-commands.ts'
import { readExperimentFile } from '../run/plan/experiment-file.ts'
import { readJournal } from '../run/journal.ts'
import { baselinePath, runPath } from '../run/plan/lock.ts'
import { planExperiment, planWallHours, type Plan } from '../run/plan/plan.ts'
import { locatePythonEnvironment } from '../setup/python.ts'
import { createHarness } from './harness.ts'
import { knownNames } from './known-names.ts'

/** What `ptb run` would do. Reads only. */
export async function renderPlan(options: {
  readonly file: string
  readonly results: string
  readonly commands: boolean
  readonly json: boolean
}): Promise<string> {
  // showing what would be done installs nothing
  const harness = { ...createHarness(), python: locatePythonEnvironment }
  const catalog = await readCatalog()
  const { experiment, agentPath } = await readExperimentFile(options.file, knownNames(harness, catalog))
  const plan = await planExperiment(harness, catalog, experiment, agentPath)
  const path = resolve(options.results, plan.name)
  const states = new Map<string, RunState>()
  for (const { id } of plan.runs) states.set(id, await readJournal(runPath(path, id)))
  const commands = options.commands ? await describeCommands(harness, plan, path) : []
  if (options.json)
    return JSON.stringify(
      {
        ...plan,
        wallHours: planWallHours(plan),
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
    `results in ${path}`,
    ...commands.flatMap(({ title, argv }) => ['', `# ${title}`, argv.map(quote).join(' ')]),
  ].join('\n')
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

/** As it can be pasted into a shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

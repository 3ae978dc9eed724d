import { inertLine } from '../lib/inert-text.ts'
import { renderTable } from '../lib/table.ts'
import { planMerge, runMerge } from '../results/merge.ts'

/** Brings experiments together, or only says what would be done. */
export async function mergeExperiments(options: {
  readonly out: string
  readonly paths: readonly string[]
  readonly dryRun: boolean
  readonly json: boolean
}): Promise<string> {
  const plan = await planMerge(options.out, options.paths)
  if (!options.dryRun) await runMerge(plan)
  const { lock, copies, same, leftOut, out } = plan
  if (options.json)
    return JSON.stringify(
      { out, experiment: lock.experiment, merged: !options.dryRun, copies, same, leftOut },
      null,
      2,
    )
  const rows = [
    ...copies.map(({ id, from, replaces }) => [id, replaces ? 'goes on from' : 'from', from]),
    ...leftOut.map(({ id, path, why }) => [id, `left out: ${why}`, path]),
  ]
  const table =
    rows.length === 0
      ? []
      : [renderTable([{ title: 'run or baseline' }, { title: '' }, { title: 'where' }], rows), '']
  const done = options.dryRun ? 'would be copied' : 'copied'
  return [
    ...table,
    `${copies.length} ${done} into ${inertLine(out)}, ${same} there already; ` +
      `${lock.runs.length} runs and ${lock.baselines.length} baselines in all`,
  ].join('\n')
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatDuration, formatTimeOfDay } from '../domain/duration.ts'
import { BenchError } from '../domain/error.ts'
import { inertLine } from '../lib/inert-text.ts'
import { renderTable } from '../lib/table.ts'
import { readRunStatus, type RunStatus } from '../results/run-status.ts'
import { listFolders } from './find-run.ts'

export async function renderStatus(path: string, options: { readonly json: boolean }): Promise<string> {
  const folders = existsSync(join(path, 'runs'))
    ? [path]
    : (await listFolders(path)).map((name) => join(path, name))
  const runs: RunStatus[] = []
  for (const folder of folders)
    for (const id of await listFolders(join(folder, 'runs'))) {
      const status = await readRunStatus(join(folder, 'runs', id)).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        process.stderr.write(`${inertLine(`${id} cannot be read: ${why}`)}\n`)
        return null
      })
      if (status !== null) runs.push(status)
    }
  if (options.json) return JSON.stringify(runs, null, 2)
  if (runs.length === 0)
    throw new BenchError(`there are no runs in ${path}`, {
      code: 'status/empty',
      kind: 'usage',
      remedy: "Name an experiment's folder, such as results/demo, or start one with `ptb run FILE`.",
    })
  const table = renderTable(
    [
      { title: 'run' },
      { title: 'status' },
      { title: 'phase' },
      { title: 'attempt', align: 'right' },
      { title: 'elapsed', align: 'right' },
      { title: 'left', align: 'right' },
      { title: 'outcome' },
    ],
    runs.map((run) => [
      run.id,
      run.status,
      run.status === 'finished' ? '' : describePhase(run),
      run.attempt === 0 ? '' : String(run.attempt),
      run.elapsedMs === null ? '' : formatDuration(run.elapsedMs),
      run.remainingMs === null ? '' : formatDuration(run.remainingMs),
      run.outcome?.reason ?? '',
    ]),
  )
  const orphaned = runs.filter(({ status }) => status === 'orphaned').length
  const done = runs.filter(({ status }) => status === 'finished').length
  const note =
    orphaned === 0
      ? ''
      : `; ${orphaned} without a worker: \`ptb resume RUN\` or \`ptb run FILE\` goes on with them`
  return `${table}\n\n${done} of ${runs.length} finished${note}`
}

function describePhase({ phase, evaluatedSamples, waitsUntil }: RunStatus): string {
  if (waitsUntil !== null) return `waits until ${formatTimeOfDay(Date.parse(waitsUntil))}`
  return evaluatedSamples === null ? (phase ?? '') : `${phase}, ${evaluatedSamples} samples`
}

import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { formatBytes } from '../domain/byte-size.ts'
import { BenchError } from '../domain/error.ts'
import { experimentSchema, type Keep } from '../domain/experiment.ts'
import { inertLine } from '../lib/inert-text.ts'
import { operatorName } from '../lib/operator-name.ts'
import { renderTable } from '../lib/table.ts'
import { planRetention, removePlanned, type RunRetention } from '../results/retention.ts'

export interface GcOptions {
  /** Experiments' folders. */
  readonly paths: readonly string[]
  /** Default: what each experiment's file says. */
  readonly keep?: Keep
  readonly olderThanMs: number
  /** Without it nothing is removed. */
  readonly yes: boolean
  readonly json: boolean
}

interface ExperimentGc {
  readonly path: string
  readonly keep: Keep
  readonly runs: readonly RunRetention[]
  /** Null: nothing was to be removed, only shown. */
  readonly freedBytes: number | null
}

/** What of finished runs goes, or has gone. */
export async function collectGarbage(options: GcOptions): Promise<string> {
  const done: ExperimentGc[] = []
  for (const folder of options.paths) {
    const path = resolve(folder)
    const keep = options.keep ?? (await readKeep(path))
    const runs = await planRetention(path, { keep, olderThanMs: options.olderThanMs })
    let freedBytes: number | null = null
    if (options.yes) {
      freedBytes = 0
      for (const run of runs)
        if ('files' in run) freedBytes += await removePlanned(path, run, { keep, operator: operatorName() })
    }
    done.push({ path, keep, runs, freedBytes })
  }
  if (options.json) return JSON.stringify(done.map(forScripts), null, 2)
  return done.map((one) => renderExperiment(one)).join('\n\n')
}

/** As the experiment's file said when it was last run. */
async function readKeep(path: string): Promise<Keep> {
  const text = await readFile(join(path, 'experiment.yaml'), 'utf8').catch(() => '')
  let content: unknown
  try {
    content = parse(text)
  } catch {
    content = null
  }
  if (typeof content !== 'object' || content === null || !('keep' in content)) return 'weights'
  const { success, data } = experimentSchema.shape.keep.safeParse(content.keep)
  if (success) return data
  throw new BenchError(`experiment.yaml in ${path} does not say what to keep`, {
    code: 'gc/keep',
    kind: 'usage',
    remedy: 'Name it: --keep weights, --keep hashes or --keep all.',
  })
}

function forScripts({ path, keep, runs, freedBytes }: ExperimentGc): unknown {
  return {
    path,
    keep,
    removed: freedBytes !== null,
    bytes: freedBytes ?? sumOf(runs),
    runs: runs.map((run) =>
      'kept' in run
        ? { id: run.id, kept: run.kept, files: [] }
        : { id: run.id, kept: null, files: run.files.map(({ entry: _entry, ...file }) => file) },
    ),
  }
}

const reasons = {
  weights: 'weights',
  bulk: 'large or binary files',
  python_cache: 'python caches',
  leftover: 'leftovers',
}

function renderExperiment({ path, keep, runs, freedBytes }: ExperimentGc): string {
  const rows = runs.flatMap((run) => {
    if ('kept' in run) return run.kept === 'not finished' ? [] : [[run.id, '', `kept: ${run.kept}`]]
    const bytes = Map.groupBy(run.files, ({ why }) => why)
    const parts = [...bytes].map(([why, files]) => `${files.length} ${reasons[why]}`)
    return run.files.length === 0 ? [] : [[run.id, formatBytes(sumOf([run])), parts.join(', ')]]
  })
  const table =
    rows.length === 0
      ? []
      : [renderTable([{ title: 'run' }, { title: 'size', align: 'right' }, { title: 'what' }], rows), '']
  const unfinished = runs.filter((run) => 'kept' in run && run.kept === 'not finished').length
  const note = unfinished === 0 ? '' : `; ${unfinished} runs are not finished and stay as they are`
  const total =
    freedBytes === null
      ? `${formatBytes(sumOf(runs))} would go with --yes (keep: ${keep})${note}`
      : `${formatBytes(freedBytes)} removed (keep: ${keep}); gc.jsonl of each run says what${note}`
  return [inertLine(path), ...table, total].join('\n')
}

function sumOf(runs: readonly RunRetention[]): number {
  return runs.flatMap((run) => ('files' in run ? run.files : [])).reduce((sum, { bytes }) => sum + bytes, 0)
}

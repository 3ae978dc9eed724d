import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { evaluationMetricsSchema, type EvaluationMetrics } from '../domain/evaluation.ts'
import type { ReportRun } from '../domain/report.ts'
import type { RunResult } from '../domain/result.ts'
import { runLayout } from '../run/layout.ts'

/** What the evaluation that the result rests on says beyond the score; nothing where it cannot be read. */
export async function readCountedMetrics(
  runPath: string,
  result: RunResult | null,
): Promise<Pick<ReportRun, 'passes' | 'probe'>> {
  const none = { passes: [], probe: null }
  if (result === null || result.ownScore === null) return none
  const folder = runLayout(runPath).evaluations
  const names = await readdir(folder).catch(() => [])
  const all = await Promise.all(names.map((name) => readMetrics(join(folder, name, 'metrics.json'))))
  const counted = all.filter(
    (one) =>
      one !== null &&
      one.protocolHash === result.protocolHash &&
      one.modelHash === result.modelHash &&
      one.test.accuracy === result.ownScore?.accuracy,
  )
  const [latest] = counted.toSorted((a, b) => ((a?.startedAt ?? '') < (b?.startedAt ?? '') ? 1 : -1))
  return latest === undefined || latest === null ? none : { passes: latest.passes, probe: latest.probe }
}

async function readMetrics(path: string): Promise<EvaluationMetrics | null> {
  try {
    const parsed = evaluationMetricsSchema.safeParse(JSON.parse(await readFile(path, 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null // whoever reads the experiment has named it as a problem
  }
}

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { benchmarks } from '../benchmarks/registry.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { renderHtmlReport } from '../results/exporters/html-report.ts'
import { buildReport } from '../results/report.ts'
import { ensureReportTemplate } from '../setup/report-page.ts'
import { readLeaderboard } from './leaderboard.ts'

/** Writes the report of one or several experiments as one HTML file. */
export async function writeReport(paths: readonly string[], out: string): Promise<void> {
  const { board, experiments } = await readLeaderboard(paths)
  const protocolFile = fileURLToPath(
    new URL(`../../catalog/protocols/${board.protocol.id}.yaml`, import.meta.url),
  )
  const data = await buildReport(experiments, {
    title: board.experiments.join(', '),
    leaderboard: board,
    protocolText: await readFile(protocolFile, 'utf8'),
    openBenchmarks: new Set(benchmarks.map(({ id }) => id)),
  })
  await writeFileAtomic(out, renderHtmlReport(await ensureReportTemplate(), data))
}

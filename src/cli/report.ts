import { benchmarks } from '../benchmarks/registry.ts'
import { writeFileAtomic } from '../lib/atomic-file.ts'
import { renderHtmlReport } from '../results/exporters/html-report.ts'
import { buildReport } from '../results/report.ts'
import { ensureReportTemplate } from '../setup/report-page.ts'
import { readLeaderboard } from './leaderboard.ts'
import { readRecordedProtocol } from './recorded-protocol.ts'

/** Writes the report of one or several experiments as one HTML file. */
export async function writeReport(paths: readonly string[], out: string): Promise<void> {
  const { board, experiments } = await readLeaderboard(paths)
  const data = await buildReport(experiments, {
    title: board.experiments.join(', '),
    leaderboard: board,
    protocolText: (await readRecordedProtocol(paths, board.protocol.id)).text,
    // Only those that came with ptb: what a user's own holds may be secret.
    openBenchmarks: new Set(benchmarks.map(({ id }) => id)),
  })
  await writeFileAtomic(out, renderHtmlReport(await ensureReportTemplate(), data))
}

import { fileURLToPath } from 'node:url'
import { join, resolve } from 'node:path'
import { exitCodes } from '../domain/error.ts'
import { renderSummary } from './leaderboard.ts'
import { runExperimentFile } from './run-experiment.ts'
import { writeReport } from './report.ts'
import { setUp } from './setup.ts'

const experiment = fileURLToPath(new URL('../../nano/demo.yaml', import.meta.url))

/** The nano benchmark from set-up to the page to open. Returns the exit code. */
export async function runDemo(results: string): Promise<number> {
  await setUp()
  const started = performance.now()
  const summary = await runExperimentFile({ file: experiment, results, what: 'all' })
  if (summary.interrupted) return exitCodes.interrupted
  const page = join(summary.path, 'report.html')
  await writeReport([summary.path], page)
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(await renderSummary(summary.path, { json: false }))
  console.log(
    `${Math.floor(seconds / 60)} min ${seconds % 60} s. Open ${resolve(page)} in a browser; the same as JSON is in ${join(summary.path, 'leaderboard.json')}.`,
  )
  return summary.failed + summary.stuck > 0 ? exitCodes.runsFailed : exitCodes.ok
}

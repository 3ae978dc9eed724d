import { chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { runCommand } from '../lib/process.ts'

const reportSchema = z.object({
  numPassedTests: z.number(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ status: z.string(), fullName: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
})

/** Sandboxes are built differently for root and for others: as root, the suite runs once more as somebody else. */
const somebody = { uid: 61_235, gid: 61_235 }

test('sandboxes keep their promises for an ordinary user too', { timeout: 180_000 }, async (context) => {
  if (process.getuid?.() !== 0) context.skip('the suite itself runs as an ordinary user')
  const root = join(import.meta.dirname, '../..')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const readable = await runCommand(['/bin/sh', '-c', 'test -r "$1"', 'sh', vitest], somebody)
  if (readable.code !== 0) context.skip(`${root} is closed to other users`)
  const folder = await mkdtemp('/tmp/ptb-report-')
  await chown(folder, somebody.uid, somebody.gid)

  const reportPath = join(folder, 'report.json')
  const result = await runCommand(
    [
      process.execPath,
      vitest,
      'run',
      '--configLoader=native',
      '--reporter=json',
      `--outputFile=${reportPath}`,
    ].concat('src/sandboxes/sandboxes.test.ts'),
    {
      ...somebody,
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, NO_COLOR: '1' },
      timeoutMs: 170_000,
    },
  )
  const text = await readFile(reportPath, 'utf8').catch(() => {
    throw new Error(`the suite did not run: ${result.stderr}`)
  })
  await rm(folder, { recursive: true })
  const report = reportSchema.parse(JSON.parse(text))
  const failed = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => [fullName, ...failureMessages].join('\n'))
  expect(failed).toEqual([])
  expect(report.numPassedTests).toBeGreaterThan(30)
})

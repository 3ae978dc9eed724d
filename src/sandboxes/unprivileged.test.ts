import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../lib/process.ts'

/** Sandboxes are built differently for root and for others: as root, the suite runs once more as somebody else. */
const nobodyInParticular = { uid: 61_235, gid: 61_235 }

test('everything holds for an ordinary user too', { timeout: 180_000 }, async (context) => {
  if (process.getuid?.() !== 0) context.skip('the suite itself runs as an ordinary user')
  const root = join(import.meta.dirname, '../..')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  await access(vitest, constants.R_OK)
  const readable = await runCommand(['/bin/sh', '-c', 'test -r "$1"', 'sh', vitest], nobodyInParticular)
  if (readable.code !== 0) context.skip(`${root} is closed to other users`)

  const result = await runCommand(
    [
      process.execPath,
      vitest,
      'run',
      '--configLoader=native',
      '--reporter=json',
      'src/sandboxes/sandboxes.test.ts',
    ],
    {
      ...nobodyInParticular,
      cwd: root,
      env: { PATH: process.env['PATH'] ?? '', HOME: '/tmp', NO_COLOR: '1' },
      timeoutMs: 170_000,
    },
  )
  const start = result.stdout.indexOf('{"num')
  const report: {
    numPassedTests: number
    testResults: { assertionResults: { status: string; fullName: string; failureMessages: string[] }[] }[]
  } = JSON.parse(result.stdout.slice(start).split('\n')[0] ?? '')
  const failed = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
  expect(failed.map(({ fullName, failureMessages }) => [fullName, failureMessages])).toEqual([])
  expect(report.numPassedTests).toBeGreaterThan(30)
})

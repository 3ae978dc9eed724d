/** `node ptb.ts CATALOG worker|supervise|run …`: the CLI of the fake harness. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { processIdentity } from '../../src/lib/process.ts'
import { runSupervisor } from '../../src/run/agent/supervisor.ts'
import type { OnBoundary } from '../../src/run/journal.ts'
import { runSchedule } from '../../src/run/schedule.ts'
import { runWorker } from '../../src/run/worker.ts'
import { local } from '../../src/schedulers/local.ts'
import { createStriker } from '../faults/crash/strike.ts'
import { createFakeHarness } from './harness.ts'

const [catalogPath = '', command, runPath = '', attempt] = process.argv.slice(2)
const harness = createFakeHarness(catalogPath)

/**
 * `PTB_TEST_KILL=worker:before:receipt seal/workspace` ends the first process that comes there, as a crash would;
 * `PTB_TEST_MARK` names a file that tells whether one has. Without a kill it lists where processes come by. With
 * `PTB_TEST_DO` the first one there runs that shell command instead, and goes on.
 */
const { PTB_TEST_KILL: kill, PTB_TEST_MARK: mark, PTB_TEST_DO: script } = process.env
const strike = createStriker(command ?? '', runPath)
const onBoundary: OnBoundary = (when, line) => {
  strike(when, line)
  const point = `${command}:${when}:${line}`
  if (mark === undefined) return
  if (kill === undefined) appendFileSync(mark, `${point}\n`)
  else if (kill === point && !existsSync(mark)) {
    writeFileSync(mark, '')
    if (script === undefined) process.kill(process.pid, 'SIGKILL')
    else spawnSync('/bin/sh', ['-c', script], { stdio: 'inherit' })
  }
}

if (command === 'worker')
  await runWorker({
    harness,
    runPath,
    slots: 8,
    firstWaitMs: Number(process.env['PTB_TEST_FIRST_WAIT_MS'] ?? 20),
    again: attempt === '--again',
    onBoundary,
  })
else if (command === 'supervise') {
  const cancel = new AbortController()
  process.on('SIGTERM', () => cancel.abort())
  await runSupervisor({ harness, runPath, attempt: Number(attempt), cancel: cancel.signal, onBoundary })
} else if (command === 'run') {
  process.env['PTB_TEST_RUN'] = JSON.stringify(processIdentity(process.pid))
  await runSchedule({
    harness,
    scheduler: local,
    items: [{ kind: 'run', id: 'life-1', path: runPath }],
    slots: 8,
    signal: new AbortController().signal,
    onChange: () => {},
  })
} else throw new Error(`unknown command ${command}`)

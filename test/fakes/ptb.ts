/** `node ptb.ts CATALOG worker|supervise …`: the CLI of the fake harness. */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { runSupervisor } from '../../src/run/agent/supervisor.ts'
import { runWorker } from '../../src/run/worker.ts'
import { createFakeHarness } from './harness.ts'

const [catalogPath = '', command, runPath = '', attempt] = process.argv.slice(2)
const harness = createFakeHarness(catalogPath)

/**
 * `PTB_TEST_KILL=worker:before:receipt seal/workspace` ends the first process that comes there, as a crash would;
 * `PTB_TEST_MARK` names a file that tells whether one has. Without a kill it lists where processes come by.
 */
const { PTB_TEST_KILL: kill, PTB_TEST_MARK: mark } = process.env
const onBoundary = (when: string, line: string): void => {
  const point = `${command}:${when}:${line}`
  if (mark === undefined) return
  if (kill === undefined) appendFileSync(mark, `${point}\n`)
  else if (kill === point && !existsSync(mark)) {
    writeFileSync(mark, '')
    process.kill(process.pid, 'SIGKILL')
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
} else throw new Error(`unknown command ${command}`)

/** `node ptb.ts CATALOG worker|supervise …`: the CLI of the fake harness. */
import { runSupervisor } from '../../src/run/agent/supervisor.ts'
import { runWorker } from '../../src/run/worker.ts'
import { createFakeHarness } from './harness.ts'

const [catalogPath = '', command, runPath = '', attempt] = process.argv.slice(2)
const harness = createFakeHarness(catalogPath)
if (command === 'worker') await runWorker({ harness, runPath, slots: 8 })
else if (command === 'supervise') {
  const cancel = new AbortController()
  process.on('SIGTERM', () => cancel.abort())
  await runSupervisor({ harness, runPath, attempt: Number(attempt), cancel: cancel.signal })
} else throw new Error(`unknown command ${command}`)

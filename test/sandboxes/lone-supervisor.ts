import { createHost } from '../../src/sandboxes/host.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'
import { createBench, startOn } from './bench.ts'

/** A supervisor to be killed by a test: `node lone-supervisor.ts SANDBOX SCRIPT` runs the script and waits. */
const [id, script = ''] = process.argv.slice(2)
const sandbox = sandboxes.find((candidate) => candidate.id === id) ?? createHost()
const { flags } = await sandbox.probe()
const bench = await createBench()
const run = await startOn(bench, sandbox, flags, ['/bin/sh', '-c', script])
console.log(`${bench.folder} ${run.process.members().join(',')}`)
await run.process.exited

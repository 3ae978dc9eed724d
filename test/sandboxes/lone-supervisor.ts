import { createBench, startOn } from './bench.ts'
import { subjects } from './subjects.ts'

/** A supervisor to be killed by a test: `node lone-supervisor.ts SUBJECT SCRIPT` runs the script and waits. */
const [title, script = ''] = process.argv.slice(2)
const subject = (await subjects()).find((candidate) => candidate.title === title)
if (subject === undefined) throw new Error(`no subject ${title}`)
const bench = await createBench()
const run = await startOn(bench, subject.sandbox, subject.probe.flags, ['/bin/sh', '-c', script])
console.log(`${bench.folder} ${run.process.members().join(',')}`)
await run.process.exited

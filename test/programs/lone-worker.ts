import { subjects } from '../sandboxes/subjects.ts'
import { createTestPrograms } from './rig.ts'

/** A harness to be killed by a test: `node lone-worker.ts SUBJECT OWNER SOURCE` runs and checks the program. */
const [title, owner = '', source = ''] = process.argv.slice(2)
const subject = (await subjects()).find((candidate) => candidate.title === title)
if (subject === undefined) throw new Error(`no subject ${title}`)
const programs = createTestPrograms({ sandbox: subject.sandbox, flags: subject.probe.flags }, { owner })
await Promise.all([
  programs.run({ source, timeoutMs: 60_000 }),
  programs.check({ source, entryPoint: 'f', tests: 'candidate()', timeoutMs: 60_000 }),
])

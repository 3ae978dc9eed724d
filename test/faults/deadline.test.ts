import { sandboxes } from '../../src/sandboxes/registry.ts'
import { subjects } from '../sandboxes/subjects.ts'
import { describeDeadline } from './deadline/describe-deadline.ts'
import { describeErrands } from './deadline/describe-errands.ts'
import { stops } from './deadline/stops.ts'

/** All escapes in one run, and whoever may be stopped; each by itself is in the long tier. */
for (const sandbox of sandboxes) {
  const { available, detail, flags } = await sandbox.probe()
  if (available) describeDeadline(sandbox, flags, { alone: [], stops: stops.slice(0, 2), quietMs: 0 })
  else process.stdout.write(`skipped: deadline in ${sandbox.id}: ${detail}\n`)
}

for (const subject of await subjects()) if (subject.probe.available) describeErrands(subject)

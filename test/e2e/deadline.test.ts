import { afterAll, beforeAll, describe } from 'vitest'
import { sandboxes } from '../../src/sandboxes/registry.ts'
import { describeDeadline } from '../faults/deadline/describe-deadline.ts'
import { stops } from '../faults/deadline/stops.ts'
import { createBench, type Bench } from '../sandboxes/bench.ts'
import { describeEscapes } from '../sandboxes/escaping.ts'
import { escapes } from '../sandboxes/escapes.ts'
import { createRig } from '../sandboxes/rig.ts'
import { subjects } from '../sandboxes/subjects.ts'

/** What was sealed is the same a minute later, for all at once. */
const quietMs = 60_000

/** Each escape in a sandbox of its own, in every sandbox and on a host without namespaces. */
describe.concurrent('escapes one by one', async () => {
  for (const { title, sandbox, probe } of await subjects())
    describe.runIf(probe.available)(`in ${title}`, { concurrent: true }, () => {
      let bench: Bench | undefined
      beforeAll(async () => {
        bench = await createBench()
      })
      afterAll(() => bench?.[Symbol.asyncDispose]())
      const rig = createRig(title, sandbox, probe.flags, () => {
        if (bench === undefined) throw new Error('the bench is not ready')
        return bench
      })
      describeEscapes(rig, { each: true, quietMs })
    })
})

/** Whole runs: those whose writers aim at the submission, those that hide, and all who may be stopped. */
const alone = escapes.filter(({ name }) => /submission|without its environment|wakes/.test(name))
for (const sandbox of sandboxes) {
  const { available, detail, flags } = await sandbox.probe()
  if (available) describeDeadline(sandbox, flags, { alone, stops, quietMs })
  else process.stdout.write(`skipped: deadline in ${sandbox.id}: ${detail}\n`)
}

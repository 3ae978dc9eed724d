import { describeStrikes } from '../faults/describe-kill-points.ts'
import { planInstants, planStrikes, traceRun } from '../faults/kill-points.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'

/**
 * SIGKILL at every line that a worker or supervisor writes, before and after it, and at random between the lines. The
 * worker's part is the same in every sandbox: all of it is tried in the first, a third in the others.
 */
let every = 1
for (const sandbox of sandboxes) {
  const { id } = sandbox
  const { available, detail } = await sandbox.probe()
  if (!available) {
    process.stdout.write(`skipped: crashes in ${id}: ${detail}\n`)
    continue
  }
  const { points, result } = await traceRun(id)
  const strikes = planStrikes(points).filter((_, index) => index % every === 0)
  describeStrikes('at a boundary', id, strikes, result)
  const instants = planInstants(points, { seed: every, perEffect: 6 / every })
  describeStrikes('in between', id, instants, result)
  every = 3
}

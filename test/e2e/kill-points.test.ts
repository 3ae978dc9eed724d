import { describeKillPoints } from '../faults/describe-kill-points.ts'
import { listKillPoints } from '../faults/kill-points.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'

/** SIGKILL at every line that a worker or supervisor writes, before and after it. */
for (const sandbox of sandboxes) {
  const { id } = sandbox
  const { available, detail } = await sandbox.probe()
  if (!available) {
    process.stdout.write(`skipped: kill points in ${id}: ${detail}\n`)
    continue
  }
  const { points, result } = await listKillPoints(id)
  describeKillPoints(id, points, points, result)
}

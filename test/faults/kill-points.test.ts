import { sandboxes } from '../../src/sandboxes/registry.ts'
import { describeKillPoints } from './describe-kill-points.ts'
import { listKillPoints } from './kill-points.ts'

/** A sample that touches every process and every phase; all points are in the long tier. */
const probes = await Promise.all(sandboxes.map((candidate) => candidate.probe()))
const sandbox = sandboxes.find((_, index) => probes[index]?.available)
if (sandbox === undefined) process.stdout.write('skipped: kill points: no sandbox works here\n')
else {
  const { points, result } = await listKillPoints(sandbox.id)
  const every = Math.ceil(points.length / 8)
  const chosen = points.filter((_, index) => index % every === 0)
  describeKillPoints(sandbox.id, points, chosen, result)
}

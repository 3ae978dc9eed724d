import { sandboxes } from '../../src/sandboxes/registry.ts'
import { describeStrikes } from './describe-kill-points.ts'
import { planInstants, planStrikes, traceRun } from './kill-points.ts'

/** A sample that touches every process and every phase; all of them are in the long tier. */
const probes = await Promise.all(sandboxes.map((candidate) => candidate.probe()))
const sandbox = sandboxes.find((_, index) => probes[index]?.available)
if (sandbox === undefined) process.stdout.write('skipped: kill points: no sandbox works here\n')
else {
  const { points, result } = await traceRun(sandbox.id)
  const everyNth = <T>(list: readonly T[], count: number): T[] => {
    const every = Math.ceil(list.length / count)
    return list.filter((_, index) => index % every === 0)
  }
  const strikes = everyNth(planStrikes(points), 8)
  describeStrikes(`crashes in ${sandbox.id} at a boundary`, sandbox.id, strikes, result)
  const instants = everyNth(planInstants(points, { seed: 1, perEffect: 1 }), 4)
  describeStrikes(`crashes in ${sandbox.id} in between`, sandbox.id, instants, result)
}

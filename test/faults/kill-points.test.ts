import { describeStrikes } from './describe-kill-points.ts'
import { findSandbox } from './environment/find-sandbox.ts'
import { planInstants, planStrikes, traceRun } from './kill-points.ts'

/** A sample that touches every process and every phase; all of them are in the long tier. */
const { id } = (await findSandbox()).sandbox
const { points, result } = await traceRun(id)
describeStrikes('at a boundary', id, sample(planStrikes(points), 8), result)
describeStrikes('in between', id, sample(planInstants(points, { seed: 1, perEffect: 1 }), 4), result)

function sample<T>(list: readonly T[], count: number): T[] {
  const every = Math.ceil(list.length / count)
  return list.filter((_, index) => index % every === 0)
}

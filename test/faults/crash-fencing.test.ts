import { describeFencing } from './crash/describe-fencing.ts'
import { findSandbox } from './environment/find-sandbox.ts'

/** One stop in each phase; all of them are in the long tier. */
const probes = ['prepare/workspace', 'seal/workspace', 'evaluate/final', 'attempt_end']
await describeFencing((await findSandbox()).sandbox.id, (stops) =>
  probes.flatMap((probe) => stops.findLast(({ point }) => point.includes(probe)) ?? []),
)

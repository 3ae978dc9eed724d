import { describeFencing } from '../faults/crash/describe-fencing.ts'
import { findSandbox } from '../faults/environment/find-sandbox.ts'

await describeFencing((await findSandbox()).sandbox.id, (stops) => stops)

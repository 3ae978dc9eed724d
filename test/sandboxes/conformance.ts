import { afterAll, beforeAll, describe } from 'vitest'
import type { Sandbox, SandboxProbe } from '../../src/domain/sandbox.ts'
import { createBench, payloadUser, type Bench } from './bench.ts'
import { describeEnding } from './ending.ts'
import { describeEscapes } from './escaping.ts'
import { describeFiles } from './files.ts'
import { describeLimits } from './limits.ts'
import { describeNetwork } from './network.ts'
import { describePayload } from './payload.ts'
import { createRig } from './rig.ts'

/** What every sandbox must do; what its flags do not promise is skipped with the reason. */
export function describeSandbox(title: string, sandbox: Sandbox, probe: SandboxProbe): void {
  const who = payloadUser === null ? 'as an ordinary user' : 'as root'
  const missing = probe.available ? '' : ` (skipped: ${probe.detail}. ${probe.remedy ?? ''})`
  describe.skipIf(!probe.available)(`${title} ${who}${missing}`, { concurrent: true }, () => {
    let bench: Bench | undefined
    beforeAll(async () => {
      bench = await createBench()
    })
    afterAll(() => bench?.[Symbol.asyncDispose]())

    const rig = createRig(title, sandbox, probe.flags, () => {
      if (bench === undefined) throw new Error('the bench is not ready')
      return bench
    })
    describe('keeps its promises:', { concurrent: false }, () => {
      describePayload(rig)
      describeFiles(rig)
      describeNetwork(rig)
      describeEnding(rig)
      describeEscapes(rig, { each: false, quietMs: 6000 })
      describeLimits(rig)
    })
  })
}

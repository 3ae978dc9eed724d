import type { ConfigRecord } from '../domain/config.ts'
import { BenchError } from '../domain/error.ts'
import type { Policy } from '../domain/policy.ts'
import type { Protocol } from '../domain/protocol.ts'
import type { RunSpec } from '../domain/run-spec.ts'
import type { Harness } from './harness.ts'

export interface Rules {
  readonly protocol: Protocol
  readonly policy: Policy
  readonly policyHash: string
}

/**
 * The rules that a run or baseline was planned with. Throws where the config or protocol is no longer the same. The policy
 * may be another one by now: its hash stands in the verdict, and a verdict can be given again.
 */
export async function readRules(
  harness: Harness,
  spec: Pick<RunSpec, 'protocol' | 'config'>,
): Promise<Rules> {
  assertSameConfig(harness, spec.config)
  const catalog = await harness.catalog()
  const protocol = catalog.protocol(spec.protocol.id)
  if (catalog.protocolHash(protocol.id) !== spec.protocol.hash)
    throw new BenchError(`the protocol "${protocol.id}" has changed since the run was planned`, {
      code: 'protocol/changed',
      kind: 'environment',
      remedy: 'Undo the change, or give the changed protocol an id of its own.',
    })
  const policy = catalog.policy(protocol.policy)
  return { protocol, policy, policyHash: catalog.policyHash(policy.id) }
}

function assertSameConfig({ config }: Harness, locked: ConfigRecord | undefined): void {
  if (config?.failure !== undefined) throw config.failure
  if (config?.record.hash === locked?.hash) return
  const before = locked?.files ?? {}
  const now = config?.record.files ?? {}
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (name) => before[name] !== now[name],
  )
  throw new BenchError(
    `${locked?.path ?? config?.record.path} has changed since the run was planned: ${names.join(', ')}`,
    {
      code: 'config/changed',
      kind: 'environment',
      remedy: 'Undo the change, or give the experiment a new name.',
    },
  )
}

/** Something that the operator can undo or mend, a judge that does not answer included: the run then goes on where it was. */
export function isRulesChange(error: unknown): boolean {
  return (
    error instanceof BenchError &&
    /^(?:config\/|judge\/|protocol\/changed$|benchmark\/changed$)/.test(error.code)
  )
}

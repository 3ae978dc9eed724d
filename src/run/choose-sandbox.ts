import { BenchError } from '../domain/error.ts'
import type { Sandbox, SandboxFlags } from '../domain/sandbox.ts'
import { findLeaf } from './harness.ts'

/** The sandbox that an experiment asks for, or with `auto` the best that works on this machine. */
export async function chooseSandbox(
  sandboxes: readonly Sandbox[],
  wanted: string,
): Promise<{ sandbox: Sandbox; flags: SandboxFlags }> {
  if (wanted !== 'auto') {
    const sandbox = findLeaf('sandbox', sandboxes, wanted)
    const probe = await sandbox.probe()
    if (probe.available) return { sandbox, flags: probe.flags }
    throw new BenchError(`the sandbox "${wanted}" does not work here: ${probe.detail}`, {
      code: 'sandbox/unavailable',
      kind: 'environment',
      ...(probe.remedy === undefined ? {} : { remedy: probe.remedy }),
    })
  }
  for (const sandbox of sandboxes) {
    const probe = await sandbox.probe()
    if (probe.available) return { sandbox, flags: probe.flags }
  }
  throw new BenchError('no sandbox works on this machine', {
    code: 'sandbox/none',
    kind: 'environment',
    remedy: 'Run `ptb doctor` to see why.',
  })
}

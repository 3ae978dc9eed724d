import type { Sandbox, SandboxFlags } from '../../../src/domain/sandbox.ts'
import { sandboxes } from '../../../src/sandboxes/registry.ts'

/** The best sandbox of this machine; the host itself always works. */
export async function findSandbox(): Promise<{ readonly sandbox: Sandbox; readonly flags: SandboxFlags }> {
  for (const sandbox of sandboxes) {
    const { available, flags } = await sandbox.probe()
    if (available) return { sandbox, flags }
  }
  throw new Error('no sandbox works here, not even the host')
}

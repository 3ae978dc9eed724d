import type { Sandbox, SandboxProbe } from '../../src/domain/sandbox.ts'
import { host } from '../../src/sandboxes/host.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'

export interface Subject {
  readonly title: string
  readonly sandbox: Sandbox
  readonly probe: SandboxProbe
}

/** What the conformance suite runs on: all sandboxes, and the host as it is on machines that allow no namespaces. */
export async function subjects(): Promise<Subject[]> {
  const registered = await Promise.all(
    sandboxes.map(async (sandbox) => ({ title: sandbox.id, sandbox, probe: await sandbox.probe() })),
  )
  const probe = await host.probe()
  const flags = { ...probe.flags, isolatesProcesses: false }
  return [...registered, { title: 'host without namespaces', sandbox: host, probe: { ...probe, flags } }]
}

import { describe } from 'vitest'
import type { Sandbox } from '../domain/sandbox.ts'
import { host } from './host.ts'
import { sandboxes } from './registry.ts'
import { describeSandbox } from '../../test/sandboxes/conformance.ts'

describe('sandboxes', { timeout: 20_000 }, async () => {
  for (const sandbox of sandboxes) describeSandbox(sandbox.id, sandbox, await sandbox.probe())

  /** As on a machine that allows no namespaces. */
  const probe = await host.probe()
  const flags = { ...probe.flags, isolatesProcesses: false }
  const plain: Sandbox = { ...host, id: 'host-plain', command: (spec) => host.command(spec, flags) }
  describeSandbox('host without namespaces', plain, { ...probe, flags })
})

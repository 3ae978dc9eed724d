import type { SandboxFlags, SandboxUser } from '../../domain/sandbox.ts'
import { runCommand } from '../../lib/process.ts'

/**
 * Whom a payload becomes when the harness runs as root. In a sandbox with files of its own that is the slot's user. On
 * the host that user must be able to reach what it needs; below a home that is closed to others it cannot, and then the
 * payload stays who the harness is: nothing is isolated there anyway, and the record shows the uid.
 */
export async function payloadUser(options: {
  /** Null when the harness is not root. */
  readonly slotUser: SandboxUser | null
  readonly flags: SandboxFlags
  readonly python: string
  /** Files and folders that it must be able to read. */
  readonly paths: readonly string[]
}): Promise<SandboxUser | null> {
  const { slotUser, flags, python, paths } = options
  if (slotUser === null || flags.isolatesFiles) return slotUser
  const script = '"$0" -c pass && for path; do test -r "$path" || exit 1; done'
  const tried = await runCommand(['/bin/sh', '-c', script, python, ...paths], {
    ...slotUser,
    timeoutMs: 30_000,
    cwd: '/',
  })
  return tried.code === 0 ? slotUser : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
}

import { existsSync } from 'node:fs'
import type { Sandbox, SandboxCommand, SandboxFlags, SandboxProbe, SandboxSpec } from '../domain/sandbox.ts'
import { runCommand, type CommandOptions, type CommandResult } from '../lib/process.ts'

interface HostEffects {
  /** Null where there are no uids. */
  readonly uid: number | null
  readonly path: string
  readonly run: (argv: readonly string[], options: CommandOptions) => Promise<CommandResult>
}

/**
 * No isolation: the payload sees the host's files and its network. For trusted scripts, or a machine that is thrown away.
 *
 * Where Linux allows it the payload still gets a pid namespace with a /proc of its own, so that its death can be proven
 * and nothing of it goes on. Only both together: pids that do not agree with /proc would break ps, pgrep and debuggers.
 * Elsewhere a control group tells who belongs to it, if the machine gives one; else killing is by what can be found, and
 * reported as unproven. Unproven it is in any case for a payload that is root or the harness's own user.
 */
function createHost(effects: HostEffects = defaultEffects): Sandbox {
  let probed: Promise<SandboxProbe> | null = null
  return {
    id: 'host',
    title: 'host (no isolation)',
    probe: () => (probed ??= probe(effects)),
    command: (spec, flags) => command(spec, flags, effects),
  }
}

const defaultEffects: HostEffects = {
  uid: process.getuid?.() ?? null,
  path: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  run: runCommand,
}

export const host = createHost()

function command(spec: SandboxSpec, flags: SandboxFlags, effects: HostEffects): SandboxCommand {
  if (!flags.isolatesProcesses)
    return { argv: ['/bin/sh', '-c', plainly, 'sh', ...spec.argv], env: spec.env, cwd: spec.cwd }
  return {
    argv: [
      // No setuid programs for the payload; everything dies with the supervisor.
      'setpriv --no-new-privs --pdeathsig KILL unshare'.split(' '),
      effects.uid === 0 ? [] : ['--user', '--map-current-user'],
      '--pid --fork --kill-child --mount-proc --'.split(' '),
      // The shell is the init that reaps; env, so that the command does not get what finds the tools above.
      ['/bin/sh', '-c', '"$@"; exit $?', 'sh', 'env', '-i'],
      Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
      spec.argv,
    ].flat(),
    env: { PATH: effects.path },
    cwd: spec.cwd,
  }
}

/** Where setpriv is missing, the payload keeps its setuid programs. */
const plainly =
  'if command -v setpriv > /dev/null; then exec setpriv --no-new-privs -- "$@"; else exec "$@"; fi'

async function probe(effects: HostEffects): Promise<SandboxProbe> {
  const flags: SandboxFlags = {
    isolatesFiles: false,
    isolatesNetwork: false,
    isolatesProcesses: true,
    guardDropsUser: effects.uid === 0,
    gpu: existsSync('/dev/nvidiactl'),
    limits: [],
  }
  const { argv, env } = command(
    {
      name: 'probe',
      argv: ['/bin/sh', '-c', '[ $$ -lt 9 ] && [ "$(cut -d" " -f1 /proc/self/stat)" -lt 20 ]'],
      env: { PATH: effects.path },
      cwd: '/',
      mounts: [],
      network: 'open',
      limits: {},
    },
    flags,
    effects,
  )
  const result = await effects.run(argv, { env, cwd: '/', timeoutMs: 10_000 })
  if (result.code === 0) return { available: true, detail: 'with a pid namespace', flags }
  return {
    available: true,
    detail: 'without a pid namespace: killing cannot be proven',
    flags: { ...flags, isolatesProcesses: false },
  }
}

import { existsSync } from 'node:fs'
import type {
  Mount,
  Sandbox,
  SandboxCommand,
  SandboxFlags,
  SandboxProbe,
  SandboxSpec,
  SandboxUser,
} from '../domain/sandbox.ts'
import { runCommand, type CommandOptions, type CommandResult } from '../lib/process.ts'

/** What the sandbox asks of its machine; the defaults are the real things. */
export interface BubblewrapEffects {
  /** Who runs the harness; null where there are no uids. */
  readonly self: SandboxUser | null
  /** Where programs are looked for. */
  readonly path: string
  readonly run: (argv: readonly string[], options: CommandOptions) => Promise<CommandResult>
}

/**
 * Namespaces and a root directory of its own, by bubblewrap 0.8 or newer.
 *
 * As an ordinary user everything happens in a user namespace, and no further one can be made inside. As root there is no
 * user namespace, for that would still read the files that only the host's root may read, and the payload could not see
 * mounts below folders that are closed to it: root's bwrap mounts, keeps only what the guard needs to become `spec.user`
 * and to signal it, and the kernel takes even that from the payload. It can then make user namespaces, in which the
 * mounts stay locked.
 *
 * `network: open` shares the host's network, abstract unix sockets included: cloud metadata addresses and private ranges
 * are reachable, as bubblewrap cannot filter. Values of `spec.env` show in the host's process list: secrets go by the guard.
 *
 * /tmp and /dev/shm are in memory; mount a folder on /tmp where it shall be on disk. Mounts below /dev are bound as
 * devices. Of the limits it holds that of /dev/shm; the others are held around it.
 */
export function createBubblewrap(effects: BubblewrapEffects = defaultEffects): Sandbox {
  let probed: Promise<SandboxProbe> | null = null
  return {
    id: 'bubblewrap',
    title: 'bubblewrap',
    probe: () => (probed ??= probe(effects)),
    command: (spec) => command(spec, effects),
  }
}

const defaultEffects: BubblewrapEffects = {
  self:
    process.getuid === undefined || process.getgid === undefined
      ? null
      : { uid: process.getuid(), gid: process.getgid() },
  path: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  run: runCommand,
}

export const bubblewrap = createBubblewrap()

/** Programs and libraries. Where the host has links, such as /bin to usr/bin, what they lead to is mounted. */
const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/** What programs cannot do without, and nothing that tells about the host's users or secrets. */
const systemFiles = [
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/ca-certificates',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
  '/etc/crypto-policies',
  '/etc/localtime',
  '/etc/timezone',
  '/etc/mime.types',
  '/etc/protocols',
  '/etc/services',
  '/etc/fonts',
  '/etc/os-release',
]

/**
 * The guard becomes another user, signals it, and enters its folders. These end with the change of user: see
 * capabilities(7), "Effect of user ID changes on capabilities".
 */
const guardCapabilities = ['CAP_SETUID', 'CAP_SETGID', 'CAP_KILL', 'CAP_DAC_READ_SEARCH']

function command(spec: SandboxSpec, effects: BubblewrapEffects): SandboxCommand {
  const asRoot = effects.self?.uid === 0
  const files = accountFiles(spec, effects)
  const paths = Object.keys(files)
  const args = [
    words('--unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try'),
    asRoot ? [] : words('--unshare-user --disable-userns'),
    spec.network === 'isolated' ? ['--unshare-net'] : [],
    words('--cap-drop ALL'),
    asRoot ? guardCapabilities.flatMap((name) => ['--cap-add', name]) : [],
    words('--new-session --die-with-parent --hostname sandbox --clearenv'),
    Object.entries(spec.env).flatMap(([name, value]) => ['--setenv', name, value]),
    folders([...systemFiles, ...paths]),
    [...systemFolders, ...systemFiles].flatMap((path) => ['--ro-bind-try', path, path]),
    spec.network === 'open' ? words('--ro-bind-try /etc/resolv.conf /etc/resolv.conf') : [],
    words('--proc /proc --dev /dev --perms 1777'),
    spec.limits.shmGiB === undefined ? [] : ['--size', String(Math.ceil(spec.limits.shmGiB * 1024 ** 3))],
    words('--tmpfs /dev/shm'),
    words('--perms 1777 --tmpfs /tmp --perms 1777 --tmpfs /var/tmp --dir /run'),
    paths.flatMap((path, at) => ['--perms', '0644', '--ro-bind-data', String(at + 3), path]),
    spec.mounts.flatMap((mount) => [...folders([mount.target]), ...bind(mount)]),
    words('--remount-ro /dev --remount-ro /'),
    ['--chdir', spec.cwd, '--', ...spec.argv],
  ].flat()
  // bwrap takes contents from file descriptors only: the shell makes them, so that this stays a plain command.
  const documents = paths.map((_, at) => `${at + 3}<<'EOF-${at}'`).join(' ')
  const contents = paths.map((path, at) => `${files[path] ?? ''}EOF-${at}\n`).join('')
  return {
    argv: ['/bin/sh', '-c', `exec bwrap "$@" ${documents}\n${contents}`, 'bwrap', ...args],
    env: { PATH: effects.path },
  }
}

function words(text: string): string[] {
  return text.split(' ')
}

/** The folders above `paths`, outermost first: those that bwrap makes by itself only their owner may enter. */
function folders(paths: readonly string[]): string[] {
  const all = new Set(
    paths.flatMap((path) =>
      path
        .split('/')
        .slice(1, -1)
        .map((_, at, names) => `/${names.slice(0, at + 1).join('/')}`),
    ),
  )
  return [...all].flatMap((path) => ['--perms', '0755', '--dir', path])
}

function bind(mount: Mount): string[] {
  if (mount.target.startsWith('/dev/')) return ['--dev-bind', mount.source, mount.target]
  return [mount.mode === 'ro' ? '--ro-bind' : '--bind', mount.source, mount.target]
}

function accountFiles(spec: SandboxSpec, effects: BubblewrapEffects): Record<string, string> {
  const { uid, gid } = spec.user ?? effects.self ?? { uid: 65534, gid: 65534 }
  const home = spec.env['HOME'] ?? '/tmp'
  return {
    '/etc/passwd': `root:x:0:0:root:/:/bin/sh\nagent:x:${uid}:${gid}:agent:${home}:/bin/sh\n`,
    '/etc/group': `root:x:0:\nagent:x:${gid}:\n`,
    '/etc/hosts': '127.0.0.1 localhost sandbox\n::1 localhost sandbox\n',
    '/etc/hostname': 'sandbox\n',
    '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  }
}

const nothing: SandboxFlags = {
  isolatesFiles: false,
  isolatesNetwork: false,
  isolatesProcesses: false,
  guardDropsUser: false,
  gpu: false,
  limits: [],
}

async function probe(effects: BubblewrapEffects): Promise<SandboxProbe> {
  const version = await effects.run(['bwrap', '--version'], {
    env: { PATH: effects.path },
    timeoutMs: 10_000,
  })
  if (version.code !== 0)
    return { available: false, detail: 'bwrap is not installed', remedy: install, flags: nothing }

  const isolated = await tryOut('isolated', effects)
  const result = isolated === null ? null : await tryOut('open', effects)
  if (isolated !== null && result !== null)
    return { available: false, detail: `${version.stdout.trim()}: ${result}`, remedy: permit, flags: nothing }
  return {
    available: true,
    detail:
      isolated === null
        ? version.stdout.trim()
        : `${version.stdout.trim()}, network not isolated: ${isolated}`,
    flags: {
      isolatesFiles: true,
      isolatesNetwork: isolated === null,
      isolatesProcesses: true,
      guardDropsUser: effects.self?.uid === 0,
      gpu: existsSync('/dev/nvidiactl'),
      limits: ['shmGiB'],
    },
  }
}

const install = 'Install bubblewrap 0.8 or newer: apt install bubblewrap, dnf install bubblewrap.'
const permit =
  'Unprivileged user namespaces must be allowed (sysctl user.max_user_namespaces, ' +
  'kernel.apparmor_restrict_unprivileged_userns), and bubblewrap must be 0.8 or newer. In a container, run ptb on the host.'

/** Null when the sandbox does what it should, else what went wrong. */
async function tryOut(network: SandboxSpec['network'], effects: BubblewrapEffects): Promise<string | null> {
  const script =
    'grep -q "^CapEff:\\s*0*$1$" /proc/self/status && [ ! -e /root ] && [ ! -e /home ] && [ $$ -lt 9 ]'
  const capabilities = effects.self?.uid === 0 ? 'e4' : ''
  const { argv, env } = command(
    {
      name: 'probe',
      argv: ['/bin/sh', '-c', script, 'sh', capabilities],
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
      mounts: [],
      network,
      limits: {},
    },
    effects,
  )
  const result = await effects.run(argv, { env, timeoutMs: 10_000 })
  if (result.code === 0) return null
  return result.stderr.trim() || result.error || `a trial gave exit code ${result.code}`
}

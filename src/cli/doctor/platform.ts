import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'

/** What decides here whether agents can be isolated. */
export interface PlatformFacts {
  readonly platform: NodeJS.Platform
  readonly release: string
  readonly root: boolean
  /** Kernel switches by their name in sysctl; those that this kernel does not have are missing. */
  readonly switches: Readonly<Record<string, string>>
  readonly container: boolean
  /** Null when a user namespace could be made just now, else what was said. */
  readonly userNamespaceError: string | null
}

export interface Diagnosis {
  readonly status: 'ok' | 'note'
  readonly detail: string
  readonly remedy?: string
}

const switchNames = [
  'kernel.unprivileged_userns_clone',
  'kernel.apparmor_restrict_unprivileged_userns',
  'user.max_user_namespaces',
] as const

export function readPlatformFacts(userNamespaceError: string | null): PlatformFacts {
  return {
    platform: process.platform,
    release: release(),
    root: process.getuid?.() === 0,
    switches: Object.fromEntries(
      switchNames.flatMap((name) => {
        const value = readText(`/proc/sys/${name.replaceAll('.', '/')}`)
        return value === null ? [] : [[name, value]]
      }),
    ),
    container: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
    userNamespaceError,
  }
}

/** What is supported on which system, said before somebody finds out. */
export function diagnosePlatform({ platform, release: version }: PlatformFacts): Diagnosis {
  if (platform === 'linux' && /microsoft/i.test(version))
    return {
      status: 'note',
      detail: `WSL (${version}): not tested by us; WSL 2 has the Linux kernel that is needed, WSL 1 has not`,
      remedy: 'Keep clone and results on the Linux file system, not below /mnt, whose files have no owners.',
    }
  if (platform === 'linux') return { status: 'ok', detail: `Linux ${version}` }
  if (platform === 'darwin')
    return {
      status: 'note',
      detail: `macOS ${version}: not tested by us; agents cannot be isolated, and their death not be proven`,
      remedy: 'Use it to try things out, with the host sandbox; scores that count need Linux.',
    }
  return {
    status: 'note',
    detail: `${platform} is not supported`,
    remedy: 'Use Linux; on Windows, WSL 2.',
  }
}

/** Why no user namespace can be made, by the switches that forbid it. As root none is needed. */
export function diagnoseUserNamespaces(facts: PlatformFacts): Diagnosis {
  const { switches, userNamespaceError: error } = facts
  if (facts.platform !== 'linux') return { status: 'note', detail: 'only Linux has them' }
  if (error === null) return { status: 'ok', detail: 'an unprivileged one could be made' }
  const detail = `none can be made: ${error}${facts.root ? '; root needs none' : ''}`
  const forbidden = (name: string, value: string): boolean => switches[name] === value
  if (forbidden('kernel.unprivileged_userns_clone', '0'))
    return { status: 'note', detail, remedy: setting('kernel.unprivileged_userns_clone', '1') }
  if (forbidden('user.max_user_namespaces', '0'))
    return { status: 'note', detail, remedy: setting('user.max_user_namespaces', '15000') }
  if (forbidden('kernel.apparmor_restrict_unprivileged_userns', '1'))
    return {
      status: 'note',
      detail,
      remedy:
        'AppArmor forbids them to programs without a profile. Give bwrap one (Ubuntu: apt install apparmor-profiles, then ' +
        'ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ and reload), or for all: ' +
        setting('kernel.apparmor_restrict_unprivileged_userns', '0'),
    }
  if (facts.container)
    return {
      status: 'note',
      detail,
      remedy:
        'The container forbids them. Run ptb on the host, or start the container with --security-opt seccomp=unconfined ' +
        '--security-opt apparmor=unconfined.',
    }
  return {
    status: 'note',
    detail,
    remedy: 'Ask who runs this machine for user namespaces, run ptb as root, or use the host sandbox.',
  }
}

function setting(name: string, value: string): string {
  return `As root: sysctl -w ${name}=${value}; to keep it: echo ${name}=${value} > /etc/sysctl.d/60-ptb.conf.`
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}

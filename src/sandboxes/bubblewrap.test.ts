import { describe, expect, test } from 'vitest'
import type { SandboxFlags, SandboxSpec } from '../domain/sandbox.ts'
import { runCommand } from '../lib/process.ts'
import { createBubblewrap } from './bubblewrap.ts'

const flags: SandboxFlags = {
  isolatesFiles: true,
  isolatesNetwork: true,
  isolatesProcesses: true,
  guardDropsUser: true,
  gpu: false,
  limits: [],
}
const spec: SandboxSpec = {
  name: 'test',
  argv: ['/bin/tool', '--flag'],
  env: { HOME: '/home/agent' },
  cwd: '/home/agent',
  mounts: [
    { source: '/data/run 1/workspace', target: '/home/agent', mode: 'rw' },
    { source: '/data/model', target: '/models/base', mode: 'ro' },
    { source: '/dev/nvidia0', target: '/dev/nvidia0', mode: 'rw' },
  ],
  network: 'isolated',
  limits: {},
}

function commandAs(
  uid: number,
  changes: Partial<SandboxSpec> = {},
): { argv: readonly string[]; text: string } {
  const sandbox = createBubblewrap({ self: { uid, gid: uid }, path: '/usr/bin', run: runCommand })
  const { argv } = sandbox.command({ ...spec, ...changes }, flags)
  return { argv, text: argv.join(' ') }
}

describe('the command of bubblewrap', () => {
  test('never mounts the root of the host, nor homes, /run, /sys or the whole of /etc', () => {
    const { argv } = commandAs(0, { network: 'open', mounts: [] })
    const sources = argv.flatMap((word, at) =>
      /^--(ro-|dev-)?bind(-try)?$/.test(word) ? [argv[at + 1]] : [],
    )
    expect(sources.length).toBeGreaterThan(10)
    expect(
      sources.filter((source) => /^\/($|home|root|run|sys|var|tmp|proc|dev|etc$)/.test(source ?? '')),
    ).toEqual([])
  })

  test('as root makes no user namespace and keeps only what the guard needs', () => {
    const { argv, text } = commandAs(0)
    expect(text).not.toContain('--unshare-user')
    expect(argv.filter((_, at) => argv[at - 1] === '--cap-add')).toEqual([
      'CAP_SETUID',
      'CAP_SETGID',
      'CAP_KILL',
      'CAP_DAC_READ_SEARCH',
    ])
  })

  test('as an ordinary user makes a user namespace, the last one, and keeps nothing', () => {
    const { text } = commandAs(1000)
    expect(text).toContain('--unshare-user --disable-userns')
    expect(text).toContain('--cap-drop ALL')
    expect(text).not.toContain('--cap-add')
  })

  test('mounts what was asked for, devices as devices, in folders that all may enter', () => {
    const { argv, text } = commandAs(0)
    expect(argv).toContain('/data/run 1/workspace')
    expect(text).toContain('--perms 0755 --dir /home --bind /data/run 1/workspace /home/agent')
    expect(text).toContain('--perms 0755 --dir /models --ro-bind /data/model /models/base')
    expect(text).toContain('--dev-bind /dev/nvidia0 /dev/nvidia0')
    expect(text).toMatch(/--remount-ro \/ --chdir \/home\/agent -- \/bin\/tool --flag$/)
  })

  test('shares network and name service only when open', () => {
    expect(commandAs(0).text).toContain('--unshare-net')
    expect(commandAs(0).text).not.toContain('resolv.conf')
    expect(commandAs(0, { network: 'open' }).text).not.toContain('--unshare-net')
    expect(commandAs(0, { network: 'open' }).text).toContain('resolv.conf')
  })
})

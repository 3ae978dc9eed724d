import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { createCgroup, findCgroupParents } from './cgroup.ts'

const v1Mounts = `31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
39 31 0:36 /jobs /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids`

it('finds the groups of version 1 by controller, also under a mount that shows a part of the hierarchy', () => {
  const own = '9:pids:/jobs/7\n4:memory:/slurm/uid_1/job_2\n2:cpu,cpuacct:/\n0::/'
  expect(findCgroupParents(v1Mounts, own)).toEqual([
    {
      version: 1,
      folders: {
        cpu: '/sys/fs/cgroup/cpu,cpuacct',
        cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
        memory: '/sys/fs/cgroup/memory/slurm/uid_1/job_2',
        pids: '/sys/fs/cgroup/pids/7',
      },
    },
  ])
})

it('tries beside its own group of version 2 first, for a group with processes cannot pass controllers on', () => {
  const mounts = '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw'
  const folders = (folder: string): unknown => ({
    memory: folder,
    pids: folder,
    cpu: folder,
    cpuacct: folder,
  })
  expect(findCgroupParents(mounts, '0::/user.slice/app.slice/term.scope')).toEqual([
    { version: 2, folders: folders('/sys/fs/cgroup/user.slice/app.slice') },
    { version: 2, folders: folders('/sys/fs/cgroup/user.slice/app.slice/term.scope') },
  ])
  expect(findCgroupParents(mounts, '0::/')).toEqual([{ version: 2, folders: folders('/sys/fs/cgroup') }])
})

it('leaves alone what lies outside of what it sees', () => {
  const mounts = '30 23 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw'
  expect(findCgroupParents(mounts, '0::/../other')).toEqual([])
  expect(findCgroupParents('', '')).toEqual([])
})

const group = createCgroup(`ptb-test-${process.pid}`, { memoryBytes: 64 * 1024 ** 2, tasks: 8, cpus: 0.5 })
const why = group === null ? ' (skipped: this user may not make control groups here)' : ''

it.skipIf(group === null)(`holds memory and tasks, counts kills and refusals, and is removed${why}`, () => {
  if (group === null) return
  try {
    expect([...group.holds].sort()).toEqual(['cpus', 'memoryBytes', 'tasks'])
    const enter = 'for f in "$@"; do echo $$ > $f/cgroup.procs; done; '
    const inside = (script: string): number | null =>
      spawnSync('bash', ['-c', enter + script, 'sh', ...group.folders], { timeout: 20_000 }).status
    expect(inside('python3 -c "x = bytearray(300 << 20)"; exit $?')).toBe(137)
    expect(
      inside('for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done 2>/dev/null; kill $(jobs -p); exit 0'),
    ).not.toBe(0)
    const usage = group.usage()
    expect(usage.outOfMemoryKills).toBeGreaterThan(0)
    expect(usage.refusedForks).toBeGreaterThan(0)
    expect(usage.cpuSeconds).toBeGreaterThan(0)
    expect(usage.peakMemoryBytes).toBeGreaterThan(60 * 1024 ** 2)
  } finally {
    group.remove()
  }
  expect(createCgroup(`ptb-test-${process.pid}`, {})?.usage().outOfMemoryKills).toBe(0)
  group.remove()
})

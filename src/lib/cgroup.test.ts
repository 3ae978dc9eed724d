import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** Version 2 as the kernel lays it out, in plain files: what is written there stays as it was written. */
function fakeV2(controllers: string): { parent: string; folder: string; [Symbol.dispose](): void } {
  const parent = mkdtempSync(join(tmpdir(), 'ptb-cgroup-'))
  const folder = join(parent, 'group')
  writeFileSync(join(parent, 'cgroup.controllers'), `${controllers}\n`)
  writeFileSync(join(parent, 'cgroup.subtree_control'), '')
  mkdirSync(join(folder, 'nested'), { recursive: true })
  const files = {
    'memory.max': 'max',
    'memory.swap.max': 'max',
    'memory.current': '1000',
    'memory.peak': '2000',
    'memory.stat': 'anon 1\ninactive_file 300\nactive_file 5',
    'memory.events': 'low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 0',
    'pids.max': 'max',
    'pids.current': '1',
    'pids.events': 'max 4',
    'cpu.max': 'max 100000',
    'cpu.stat': 'usage_usec 2500000\nuser_usec 2000000',
    'cgroup.kill': '',
    'cgroup.procs': '',
    'nested/cgroup.procs': '',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `${text}\n`)
  return {
    parent,
    folder,
    [Symbol.dispose]: () => rmSync(parent, { recursive: true }),
  }
}

const parentsV2 = (folder: string): Parameters<typeof createCgroup>[2] => [
  { version: 2, folders: { memory: folder, pids: folder, cpu: folder, cpuacct: folder } },
]

it('writes and reads the files of version 2', () => {
  using fake = fakeV2('cpuset cpu io memory pids')
  const limits = { memoryBytes: 64 * 1024 ** 2, tasks: 8, cpus: 1.5 }
  const made = createCgroup('group', limits, parentsV2(fake.parent))
  const read = (name: string): string => readFileSync(join(fake.folder, name), 'utf8')
  expect(made?.folders).toEqual([fake.folder])
  expect([...(made?.holds ?? [])].sort()).toEqual(['cpus', 'memoryBytes', 'tasks'])
  expect(['memory.max', 'memory.swap.max', 'pids.max', 'cpu.max'].map(read)).toEqual([
    '67108864',
    '0',
    '8',
    '150000 100000',
  ])
  expect(made?.usage()).toEqual({
    memoryBytes: 700,
    peakMemoryBytes: 2000,
    cpuSeconds: 2.5,
    outOfMemoryKills: 2,
    refusedForks: 4,
  })
})

it('kills by the file of version 2 and by pid, in nested groups too, after refusing new processes', async () => {
  using fake = fakeV2('cpu memory pids')
  const made = createCgroup('group', {}, parentsV2(fake.parent))
  const children = [spawn('sleep', ['60']), spawn('sleep', ['60'])]
  const pids = children.map(({ pid }) => pid)
  writeFileSync(join(fake.folder, 'cgroup.procs'), `${pids[0]}\n`)
  // 0 is how a process is shown that lives in a pid namespace outside one's own.
  writeFileSync(join(fake.folder, 'nested', 'cgroup.procs'), `0\n${pids[1]}\n`)
  expect(made?.members()).toEqual(pids)
  const ends = Promise.all(children.map((child) => once(child, 'exit')))
  made?.kill()
  expect(await ends).toEqual([
    [null, 'SIGKILL'],
    [null, 'SIGKILL'],
  ])
  expect(readFileSync(join(fake.folder, 'pids.max'), 'utf8')).toBe('0')
  expect(readFileSync(join(fake.folder, 'cgroup.kill'), 'utf8')).toBe('1')
})

it('makes no group of version 2 where no controller is passed on, and says which limits are not held', () => {
  using nothing = fakeV2('hugetlb')
  expect(createCgroup('group', { tasks: 8 }, parentsV2(nothing.parent))).toBeNull()
  using partial = fakeV2('memory pids')
  rmSync(join(partial.folder, 'cpu.max'))
  expect([...(createCgroup('group', { tasks: 8, cpus: 1 }, parentsV2(partial.parent))?.holds ?? [])]).toEqual(
    ['tasks'],
  )
  expect(existsSync(join(partial.folder, 'cpu.max'))).toBe(false)
})

const group = createCgroup(`ptb-test-${process.pid}`, { memoryBytes: 64 * 1024 ** 2, tasks: 8, cpus: 0.5 })
const why = group === null ? ' (skipped: this user may not make control groups here)' : ''

it.skipIf(group === null)(
  `holds memory and tasks, counts kills and refusals, kills all, and is removed${why}`,
  async () => {
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
      expect(group.members()).toEqual([])
      const stubborn = spawn('bash', [
        '-c',
        `${enter} trap "" TERM; sleep 60 & echo in; wait`,
        'sh',
        ...group.folders,
      ])
      await once(stubborn.stdout, 'data')
      expect(group.members()).toHaveLength(2)
      group.kill()
      await once(stubborn, 'exit')
      await expect.poll(() => group.members()).toEqual([])
    } finally {
      group.remove()
    }
    expect(createCgroup(`ptb-test-${process.pid}`, {})?.usage().outOfMemoryKills).toBe(0)
    group.remove()
  },
)

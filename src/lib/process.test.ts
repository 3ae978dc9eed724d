import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { processesWithEnvironment } from './process-scan.ts'
import { residentBytes } from './process-usage.ts'
import {
  bootTimeMs,
  isSameProcessAlive,
  livingThread,
  processIdentity,
  runCommand,
  spawnDetached,
} from './process.ts'

describe('runCommand', () => {
  test('gives output, exit code and what was written to stdin', async () => {
    const result = await runCommand(['sh', '-c', 'cat; echo trouble >&2; exit 7'], { input: 'hello' })
    expect(result).toMatchObject({
      code: 7,
      signal: null,
      stdout: 'hello',
      stderr: 'trouble\n',
      timedOut: false,
    })
  })

  test('gives the environment that was asked for and no other', async () => {
    const { stdout } = await runCommand(['/usr/bin/env'], { env: { ONLY: 'this' } })
    expect(stdout).toBe('ONLY=this\n')
  })

  test('names the signal that ended the command', async () => {
    expect(await runCommand(['sh', '-c', 'kill -9 $$'])).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  test('reports a missing executable and a missing folder instead of throwing', async () => {
    const missing = await runCommand(['no-such-program'])
    expect(missing).toMatchObject({ code: null, signal: null })
    expect(missing.error).toContain('ENOENT')
    expect((await runCommand(['true'], { cwd: '/no/such/folder' })).error).toContain('ENOENT')
  })

  test('kills the whole group of a command that takes too long', async () => {
    const result = await runCommand(['sh', '-c', 'trap "" TERM; sleep 30 & echo $!; wait'], {
      timeoutMs: 300,
    })
    expect(result).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: true })
    await expect.poll(() => processIdentity(Number(result.stdout))).toBeNull()
  })

  test('does not wait for a daemon that holds the pipe', async () => {
    const result = await runCommand(['sh', '-c', 'setsid sleep 30 & echo $!'])
    expect(result.durationMs).toBeLessThan(5000)
    process.kill(Number(result.stdout), 'SIGKILL')
  })

  test('drops output beyond its cap', async () => {
    const { stdout } = await runCommand(['sh', '-c', 'head -c 100000 /dev/zero'], { maxOutputBytes: 1000 })
    expect(stdout).toHaveLength(1000)
  })
})

describe('processIdentity', () => {
  test('is stable for a living process and null for a dead one', async () => {
    const child = spawn('sleep', ['30'])
    const identity = processIdentity(child.pid ?? 0)
    if (identity === null) throw new Error('no identity')
    expect(processIdentity(identity.pid)).toEqual(identity)
    expect(isSameProcessAlive(identity)).toBe(true)
    expect(isSameProcessAlive({ ...identity, startTime: 'of another process with this pid' })).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isSameProcessAlive(identity)).toBe(false)
    expect(processIdentity(identity.pid)).toBeNull()
  })

  test('sees that a process goes on whose first thread has ended', async () => {
    const script = `
import ctypes, os, threading, time
threading.Thread(target=time.sleep, args=(30,)).start()
os.write(1, b'up')
ctypes.CDLL(None).syscall(93 if os.uname().machine == 'aarch64' else 60, 0)`
    const child = spawn('/usr/bin/env', ['python3', '-c', script], { env: { ...process.env, MARK: 'x' } })
    const pid = child.pid ?? 0
    await once(child.stdout, 'data')
    await expect.poll(() => readFile(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /)
    expect(processIdentity(pid)).not.toBeNull()
    expect(livingThread(pid)).not.toBe(pid)
    expect(residentBytes([pid])).toBeGreaterThan(1024 ** 2)
    expect(processesWithEnvironment('MARK=x').map((found) => found.pid)).toContain(pid)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(processIdentity(pid)).toBeNull()
  })

  test('takes a zombie for dead', async () => {
    const parent = spawn('python3', [
      '-c',
      'import os,time\np=os.fork()\nif p==0: os._exit(0)\nprint(p,flush=True)\ntime.sleep(30)',
    ])
    const [line]: unknown[] = await once(parent.stdout, 'data')
    await expect.poll(() => processIdentity(Number(String(line)))).toBeNull()
    parent.kill('SIGKILL')
  })
})

test('spawnDetached starts a session of its own that writes to the log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ptb-process-'))
  const logPath = join(folder, 'log')
  const pid = spawnDetached(['/bin/sh', '-c', 'echo $GREETING; ps -o sid= -p $$'], {
    env: { GREETING: 'hello', PATH: process.env['PATH'] ?? '' },
    cwd: folder,
    logPath,
  })
  await expect
    .poll(async () => (await readFile(logPath, 'utf8')).split(/\s+/))
    .toEqual(['hello', String(pid), ''])
  expect(() => spawnDetached(['/no/such/program'], { env: {}, cwd: folder, logPath })).toThrow('cannot start')
  await rm(folder, { recursive: true })
})

test('bootTimeMs goes forward in milliseconds', async () => {
  const before = bootTimeMs()
  await sleep(100)
  expect(bootTimeMs() - before).toBeGreaterThanOrEqual(80)
  expect(bootTimeMs() - before).toBeLessThan(5000)
})

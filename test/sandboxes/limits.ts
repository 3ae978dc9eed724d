import { describe, expect, test, type TestContext } from 'vitest'
import type { Limits } from '../../src/domain/sandbox.ts'
import type { TestRun } from './bench.ts'
import type { Rig } from './rig.ts'

/** What a sandbox, or the control group around it, holds; what neither does is skipped with the reason. */
export function describeLimits(rig: Rig): void {
  describe('limits', { concurrent: false }, () => {
    async function limited(context: TestContext, limits: Limits, script: string): Promise<TestRun> {
      const run = await rig.shell(script, { limits })
      for (const [limit, holder] of Object.entries(run.process.limits.holders))
        if (holder !== 'kernel' && holder !== 'sandbox') {
          await run.process.proveDead(5000)
          context.skip(`${rig.title}: ${limit} is only ${holder} here`)
        }
      return run
    }

    test('end who takes more memory, and count it', async (context) => {
      await using run = await limited(
        context,
        { memoryGiB: 0.1 },
        'python3 -c "x = bytearray(400 << 20)"; echo $?; sleep 0.3',
      )
      expect((await run.process.exited).code).toBe(0)
      const usage = run.process.limits.cgroup?.usage()
      expect((await run.finish()).stdout).toBe('137\n')
      // A sandbox that holds its limits by itself may count them elsewhere.
      expect(usage?.outOfMemoryKills ?? 1).toBeGreaterThan(0)
    })

    test('take the memory from the payload, be its guard the largest of all', async (context) => {
      const many = `
import os, time
for _ in range(80):
    if os.fork() == 0:
        x = bytearray(b'x') * (8 << 20)
        time.sleep(2)
        os._exit(0)
    time.sleep(0.02)
`
      await using run = await limited(
        context,
        { memoryGiB: 0.25 },
        `python3 -c "${many}"; echo still here; exit 3`,
      )
      expect(await run.process.exited).toMatchObject({ code: 3, reported: true })
      const usage = run.process.limits.cgroup?.usage()
      expect((await run.finish()).stdout).toBe('still here\n')
      expect(usage?.outOfMemoryKills ?? 1).toBeGreaterThan(0)
    })

    test('refuse who forks more', async (context) => {
      await using run = await limited(
        context,
        { pids: 16 },
        'for i in $(seq 80); do sleep 3 & done; echo never; wait',
      )
      const { stderr } = await run.finish()
      expect(stderr).toMatch(/fork|Resource temporarily unavailable/i)
    })

    test('give /dev/shm its size', async (context) => {
      await using run = await limited(context, { shmGiB: 0.0625 }, 'df -k --output=size /dev/shm | tail -1')
      expect(Number((await run.finish()).stdout)).toBe(64 * 1024)
    })

    test('slow down who takes more cores', async (context) => {
      await using run = await limited(context, { cpus: 0.25 }, 'timeout 2 yes > /dev/null')
      await run.process.exited
      const used = run.process.limits.cgroup?.usage().cpuSeconds ?? 0
      await run.finish()
      expect(used).toBeGreaterThan(0)
      expect(used).toBeLessThan(1.5)
    })
  })
}

import { describe, expect, it } from 'vitest'
import { sandboxes } from '../../src/sandboxes/registry.ts'
import { createCgroup } from '../../src/lib/cgroup.ts'
import { createLife } from './rig.ts'

const trial = createCgroup(`ptb-life-${process.pid}`, { memoryBytes: 2 ** 30, tasks: 64, cpus: 1 })
trial?.remove()
/** Without control groups the monitor ends what the kernel would have refused. */
const holder = trial === null ? 'watched' : 'kernel'

for (const sandboxUnderTest of sandboxes) {
  const { id: sandbox } = sandboxUnderTest
  const { available, detail, remedy } = await sandboxUnderTest.probe()
  if (!available) process.stdout.write(`skipped: limits in ${sandbox}: ${detail}. ${remedy ?? ''}\n`)

  describe.runIf(available)(`limits in ${sandbox}`, { concurrent: true }, () => {
    it('end an agent that eats its memory, and the record says so', async () => {
      await using life = await createLife({
        sandbox,
        limits: { memoryGiB: 0.25 },
        solve:
          'set -e; python3 -c "import time; x = bytearray(b\'x\') * (600 << 20); time.sleep(5)"; save true true',
      })
      await life.work()
      const result = await life.result()
      expect(result.outcome).toMatchObject({ kind: 'no_model', reason: 'no_model/out_of_memory' })
      expect(result.resources).toMatchObject({ limits: { memoryGiB: holder }, exceeded: ['memoryGiB'] })
      expect(result.resources?.usage.peakMemoryBytes).toBeGreaterThan(50 * 1024 ** 2)
    })

    it('end an agent that fills its disk, and what it had handed in before is scored', async () => {
      await using life = await createLife({
        sandbox,
        limits: { diskGiB: 0.05 },
        solve: 'save true true; while :; do head -c 20M /dev/zero >> big; sleep 0.2; done',
      })
      await life.work()
      const result = await life.result()
      expect(result.outcome).toMatchObject({ kind: 'scored', reason: 'scored/disk_full' })
      expect(result.solve.ended).toBe('limit')
      expect(result.resources).toMatchObject({ limits: { diskGiB: 'watched' }, exceeded: ['diskGiB'] })
      expect(result.resources?.usage.peakDiskBytes).toBeGreaterThan(0.05 * 1024 ** 3)
    })

    it('keep a fork bomb small, and it is dead in the end', async () => {
      await using life = await createLife({
        sandbox,
        limits: { pids: 64 },
        budgetSeconds: 6,
        solve:
          'python3 -c "\nimport os, time\nwhile True:\n  try:\n    os.fork()\n  except OSError:\n    time.sleep(0.1)\n"',
      })
      await life.work()
      const result = await life.result()
      expect(result.outcome).toMatchObject({ kind: 'no_model', reason: 'no_model/too_many_processes' })
      expect(result.resources).toMatchObject({ limits: { pids: holder }, exceeded: ['pids'] })
      // Looking once a second is too slow to say how many there were.
      const most = holder === 'kernel' ? 64 + 32 : Infinity
      expect(result.resources?.usage.peakProcesses).toBeLessThan(most)
    })

    it('cap the output and count what was dropped', async () => {
      await using life = await createLife({
        sandbox,
        limits: { outputMiB: 1 },
        solve: 'yes flooding | head -c 5M; save true true',
      })
      await life.work()
      expect((await life.agentLog(1)).length).toBeLessThan(5 * 1024 ** 2)
      const end = (await life.events(1)).find((event) => event.type === 'solve_end')
      expect(end).toMatchObject({ end: 'finished', outputBytes: expect.any(Number) })
      expect(end?.type === 'solve_end' ? end.outputDropped : 0).toBeGreaterThan(3 * 1024 ** 2)
    })

    it('record what was used and what else the machine did, without any limit', async () => {
      await using life = await createLife({ sandbox, solve: 'timeout 2 yes > /dev/null; save true true' })
      await life.work()
      const { resources } = await life.result()
      expect(resources).toMatchObject({ limits: {}, exceeded: [] })
      expect(resources?.usage.cpuSeconds).toBeGreaterThan(0.2)
      expect(resources?.contention?.cores).toBeGreaterThan(0)
      expect(resources?.contention?.meanOtherCores).toBeLessThanOrEqual(resources?.contention?.cores ?? 0)
    })
  })

  describe.runIf(available)(`turns in ${sandbox}`, { concurrent: true }, () => {
    it('go on in the same sandbox, with what still runs there, until the experiment has had enough', async () => {
      await using life = await createLife({
        sandbox,
        reprompt: 'once',
        solve: `
          echo "turn $PTB_TURN"
          if [ "$PTB_TURN" = 1 ]; then
            case "$PROMPT" in *Post-train*) echo task;; esac
            (setsid sh -c 'while :; do date > beat; sleep 0.1; done' > /dev/null 2>&1 &)
          else
            case "$PROMPT" in *"second"*left*) echo again;; esac
            rm -f beat; sleep 0.5; test -e beat && echo alive
            save true true
          fi`,
      })
      await life.work()
      expect(await life.result()).toMatchObject({ outcome: { reason: 'scored' }, solve: { turns: 2 } })
      const log = await life.agentLog(1)
      for (const line of ['turn 1', 'task', 'turn 2', 'again', 'alive'])
        expect(log).toContain(` out ${line}\n`)
      expect(await life.events(1)).toContainEqual(expect.objectContaining({ type: 'turn', turn: 2 }))
    })

    it('stop when an agent ends at once again and again', async () => {
      await using life = await createLife({
        sandbox,
        reprompt: { untilMinutesLeft: 0.1 },
        solve: 'save true true; echo done',
      })
      await life.work()
      expect((await life.result()).solve.turns).toBe(3)
    })
  })
}

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isSameProcessAlive } from '../../src/lib/process.ts'
import { cancelRun } from '../../src/run/cancel.ts'
import { readJournal } from '../../src/run/journal.ts'
import { attemptLayout, evaluationPath } from '../../src/run/layout.ts'
import { readAttemptProgress } from '../../src/run/phases/solve.ts'
import { sandboxes } from '../../src/sandboxes/registry.ts'
import { createLife } from './rig.ts'

for (const sandboxUnderTest of sandboxes) {
  const { id } = sandboxUnderTest
  const { available, detail, remedy, flags } = await sandboxUnderTest.probe()
  if (!available) process.stdout.write(`skipped: life of a run in ${id}: ${detail}. ${remedy ?? ''}\n`)

  describe.runIf(available)(`life of a run in ${id}`, () => {
    const sandbox = id

    it('goes through all phases to a score', async () => {
      await using life = await createLife({ sandbox, solve: 'echo hello; save true true; ./timer' })
      await life.work()
      expect(await life.result()).toMatchObject({
        outcome: { kind: 'scored', reason: 'scored' },
        ownScore: { items: 8, accuracy: 1 },
        shadowScore: { items: 4, accuracy: 1 },
        attempts: 1,
        isolated: flags.isolatesFiles,
        solve: { exitCode: 0, ended: 'finished' },
      })
      // On the host it depends on whom the agent is: test/faults/deadline.test.ts.
      expect(['proven', flags.isolatesFiles ? 'proven' : 'unproven']).toContain((await life.result()).death)
      expect(await life.agentLog(1)).toMatch(/ out hello\n.* out 0:00:\d\d\n/)
    })

    it('keeps what a known CLI said as a trajectory, and nothing of that kind of others', async () => {
      const said = { type: 'system', subtype: 'init', session_id: 's', model: 'm', tools: [], cwd: '/' }
      const result = { type: 'result', subtype: 'success', is_error: false, result: 'done', num_turns: 1 }
      const print = [said, result].map((line) => `echo '${JSON.stringify(line)}'`).join('; ')
      await using life = await createLife({ sandbox, solve: `${print}; save true true` })
      await life.work()
      const path = attemptLayout(life.runPath, 1).trajectory
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ agent: { name: 'claude-code' } })
      await using other = await createLife({ sandbox, solve: 'echo hello; save true true' })
      await other.work()
      expect(existsSync(attemptLayout(other.runPath, 1).trajectory)).toBe(false)
    })

    it('is finished once: a second worker changes nothing', async () => {
      await using life = await createLife({ sandbox, solve: 'save true true' })
      await life.work()
      const before = await readJournal(life.runPath)
      await life.work()
      expect((await readJournal(life.runPath)).lastSeq).toBe(before.lastSeq)
    })

    it('lets the next worker adopt an agent whose worker was killed', async () => {
      await using life = await createLife({ sandbox, solve: 'echo started; sleep 4; save true true' })
      const first = life.startWorker()
      await life.untilPrinted('started')
      first.kill('SIGKILL')
      await once(first, 'exit')
      await life.work()
      expect(await life.result()).toMatchObject({ outcome: { kind: 'scored' }, attempts: 1 })
      expect((await life.agentLog(1)).match(/started/g)).toHaveLength(1)
      expect((await life.events(1)).filter(({ type }) => type === 'agent_started')).toHaveLength(1)
    })

    it('gives the run another attempt when the supervisor is killed, and never two agents at once', async () => {
      await using life = await createLife({
        sandbox,
        infraRetries: 1,
        solve: 'echo started; sleep 3; save true true',
      })
      const worker = life.startWorker()
      const ended = once(worker, 'exit')
      await life.untilPrinted('started')
      const { supervisor } = await readAttemptProgress(life.runPath, 1)
      if (supervisor !== null) process.kill(supervisor.pid, 'SIGKILL')
      await ended
      expect(await life.result()).toMatchObject({ outcome: { kind: 'scored' }, attempts: 2 })
      const { attempts } = await readJournal(life.runPath)
      expect(attempts.map(({ ended: end }) => end?.outcome?.reason ?? null)).toEqual([
        'infra_failure/supervisor_died',
        null,
      ])
      expect(supervisor !== null && isSameProcessAlive(supervisor)).toBe(false)
    })

    it('keeps every sample of an evaluation whose worker was killed, and ends with the same score', async () => {
      const slow = 'save true true; sed -i "s/}$/,\\"delayMs\\":400}/" final_model/config.json'
      await using life = await createLife({ sandbox, solve: slow })
      const samplesPath = join(evaluationPath(life.runPath, 'counting-v1', 1), 'samples.jsonl')
      const samples = async (): Promise<string[]> =>
        (await readFile(samplesPath, 'utf8').catch(() => '')).split('\n').slice(0, -1)
      const worker = life.startWorker()
      const ended = once(worker, 'exit')
      while ((await samples()).length < 4) await sleep(20)
      worker.kill('SIGKILL')
      await ended
      const before = await samples()
      expect(before.length).toBeLessThan(12)
      await life.work()
      expect(await life.result()).toMatchObject({
        ownScore: { items: 8, accuracy: 1, errors: 0 },
        attempts: 1,
      })
      // With their latencies, so none of them was asked again.
      expect(await samples()).toEqual(expect.arrayContaining(before))
      expect((await samples()).map((line) => JSON.parse(line).id)).toEqual([
        ...Array.from({ length: 8 }, (_, index) => `test-${index}`),
        ...Array.from({ length: 4 }, (_, index) => `shadow-${index}`),
      ])
    })

    it('stops an agent that ignores the deadline and scores what it had handed in', async () => {
      await using life = await createLife({
        sandbox,
        budgetSeconds: 3,
        solve:
          'trap "" TERM; save true true; (setsid sh -c "trap \'\' TERM; while :; do echo beat; sleep 0.1; done" &); while :; do sleep 1; done',
      })
      await life.work()
      const result = await life.result()
      expect(result).toMatchObject({
        outcome: { kind: 'scored', reason: 'scored/at_deadline' },
        solve: { ended: 'deadline' },
      })
      expect(result.solve.durationMs).toBeGreaterThanOrEqual(3000)
      const types = (await life.events(1)).map(({ type }) => type)
      expect(types.indexOf('death')).toBeGreaterThan(types.indexOf('deadline'))
    })

    it('stops at the request of the operator', async () => {
      await using life = await createLife({ sandbox, solve: 'echo started; sleep 60' })
      const worker = life.startWorker()
      const ended = once(worker, 'exit')
      await life.untilPrinted('started')
      expect(await cancelRun(life.runPath, 'changed my mind')).toBe('asked its worker to stop it')
      await ended
      expect(await life.result()).toMatchObject({
        outcome: { kind: 'cancelled' },
        solve: { ended: 'cancelled' },
      })
    })

    it('cancels a run that has not been started, for good', async () => {
      await using life = await createLife({ sandbox, solve: 'save true true' })
      expect(await cancelRun(life.runPath, 'not needed')).toBe('cancelled')
      await life.work()
      expect(await life.result()).toMatchObject({ outcome: { kind: 'cancelled' }, death: 'not_started' })
    })

    it.each([
      ['submits nothing', 'true', 'no_model/nothing_submitted'],
      ['submits nothing and fails', 'exit 3', 'no_model/agent_crashed'],
      ['submits a checkpoint that the engine refuses', 'save true false', 'no_model/does_not_load'],
      [
        'submits half a file',
        'save true true; truncate -s 20 final_model/model.safetensors',
        'no_model/broken_header',
      ],
      ['submits a link', 'ln -s "$BASE_MODEL" final_model', 'no_model/link'],
    ])('names what became of an agent that %s', async (_, solve, reason) => {
      await using life = await createLife({ sandbox, solve })
      await life.work()
      expect((await life.result()).outcome).toMatchObject({ kind: 'no_model', reason })
    })

    it('refuses to run an agent whose folder has changed since it was locked', async () => {
      await using life = await createLife({ sandbox, solve: 'save true true' })
      await writeFile(`${life.runPath}/../agent/solve.sh`, 'echo other')
      await life.work()
      expect((await life.result()).outcome).toMatchObject({
        kind: 'infra_failure',
        reason: 'infra_failure/agent_changed',
      })
    })
  })
}

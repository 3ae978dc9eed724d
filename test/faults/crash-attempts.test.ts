import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readJournal } from '../../src/run/journal.ts'
import { attemptLayout, evaluationPath, runLayout } from '../../src/run/layout.ts'
import { createFakeHarness } from '../fakes/harness.ts'
import { createLife, type Life } from '../life/rig.ts'
import { findSandbox } from './environment/find-sandbox.ts'

const { sandbox } = await findSandbox()

/** As a worker starts one for the first attempt. */
async function startSupervisor(life: Life): Promise<void> {
  const [command = '', ...args] = createFakeHarness(join(life.runPath, '..', 'catalog')).ptb
  await once(spawn(command, [...args, 'supervise', life.runPath, '1'], { stdio: 'ignore' }), 'exit')
}

describe('attempts', { concurrent: true, timeout: 120_000 }, () => {
  it('what was evaluated in an earlier one is kept with it, and not taken for the score of the next', async () => {
    await using life = await createLife({ sandbox: sandbox.id, solve: 'save false true', infraRetries: 1 })
    const at = new Date().toISOString()
    const outcome = { kind: 'infra_failure', reason: 'infra_failure/engine_broken', detail: 'x' }
    const lines = [
      { type: 'worker', pid: 0, startTime: 'gone', host: 'somewhere' },
      { type: 'attempt', attempt: 1, why: 'first' },
      { type: 'intent', attempt: 1, phase: 'evaluate', effect: 'final' },
      { type: 'attempt_end', attempt: 1, outcome },
    ].map((event, index) => JSON.stringify({ seq: index + 1, epoch: 1, at, ...event }))
    await writeFile(runLayout(life.runPath).journal, lines.map((line) => `${line}\n`).join(''))
    await mkdir(attemptLayout(life.runPath, 1).root, { recursive: true })
    const path = evaluationPath(life.runPath, 'counting-v1', 1)
    await mkdir(path, { recursive: true })
    const sample = {
      set: 'test',
      id: 'test-0',
      pass: 1,
      seed: 0,
      messages: [],
      target: '0',
      output: '0',
      finishReason: 'stop',
      promptTokens: 1,
      completionTokens: 1,
      answer: '0',
      value: 1,
      latencyMs: 1,
    }
    await writeFile(join(path, 'samples.jsonl'), `${JSON.stringify(sample)}\n`)

    await life.work()
    expect(await life.result()).toMatchObject({
      outcome: { kind: 'scored' },
      attempts: 2,
      ownScore: { accuracy: 0 },
    })
    const kept = join(attemptLayout(life.runPath, 1).pastEvaluation, 'samples.jsonl')
    expect(JSON.parse(await readFile(kept, 'utf8'))).toEqual(sample)
  })

  it('that are over get no agent from a supervisor that comes late', async () => {
    await using life = await createLife({ sandbox: sandbox.id, solve: 'echo started; save true true' })
    await life.work()
    const { started, agentLog } = attemptLayout(life.runPath, 1)
    await rm(started)
    await rm(agentLog)
    await startSupervisor(life)
    expect((await life.events(1)).at(-1)).toMatchObject({ type: 'failed', detail: 'the attempt is over' })
    expect(await life.agentLog(1)).toBe('')
  })

  it('whose supervisor was killed while it claimed them are given up, and no agent is started in them', async () => {
    await using life = await createLife({
      sandbox: sandbox.id,
      solve: 'echo started; save true true',
      infraRetries: 1,
    })
    const worker = life.startWorker({
      PTB_TEST_STRIKE: JSON.stringify({ point: 'worker:before:intent solve/agent', victims: ['worker'] }),
      PTB_TEST_STRUCK: join(life.runPath, '..', 'struck'),
    })
    await once(worker, 'exit')
    await writeFile(attemptLayout(life.runPath, 1).started, '{"pid":0,"startTime":"gone"}\n')
    await life.work()
    const { attempts } = await readJournal(life.runPath)
    expect(attempts.map(({ ended }) => ended?.outcome?.reason ?? null)).toEqual([
      'infra_failure/supervisor_not_started',
      null,
    ])
    expect([await life.agentLog(1), (await life.agentLog(2)).match(/ out started$/gm)?.length]).toEqual([
      '',
      1,
    ])
  })
})

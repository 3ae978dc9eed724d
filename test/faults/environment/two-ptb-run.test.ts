import { describe, expect, it } from 'vitest'
import { createOperatorsRig, isSolving, whyNoExperiment, type OperatorsRig } from './operators.ts'

const missing = await whyNoExperiment()

async function summarise(rig: OperatorsRig): Promise<unknown> {
  const runs = await rig.runs()
  return runs.map(({ agentStarts, state }) => [agentStarts, state.attempts.length, state.outcome?.reason])
}

/** The run came to its score by one agent in one attempt. */
const scoredOnce = [[1, 1, 'scored']]

describe('two ptb run', { concurrent: true, timeout: 120_000 }, () => {
  it('at the same moment: both join, each agent is started once', async ({ skip }) => {
    if (missing !== null) skip(missing)
    await using rig = await createOperatorsRig()
    const withBaselines = rig.runArgs.filter((word) => word !== '--no-baselines')
    const both = [rig.ptb(withBaselines), rig.ptb(withBaselines)]
    const ends = await Promise.all(both.map(({ ended }) => ended))
    for (const end of ends) expect(end).toMatchObject({ code: 0, output: expect.stringContaining(' 4/4 ') })
    expect(await summarise(rig)).toEqual(scoredOnce)
  })

  it('of which the first is killed while the second starts: it goes on', async ({ skip }) => {
    if (missing !== null) skip(missing)
    await using rig = await createOperatorsRig()
    const first = rig.ptb(rig.runArgs)
    await rig.until((runs) => runs.some(({ state }) => state.worker !== null))
    const second = rig.ptb(rig.runArgs)
    first.process.kill('SIGKILL')
    expect(await second.ended).toMatchObject({ code: 0 })
    expect(await summarise(rig)).toEqual(scoredOnce)
  })

  it.for([
    ['two ptb resume', ['resume', 'resume']],
    ['ptb run and ptb resume', ['run', 'resume']],
    ['two ptb resume and a ptb run', ['resume', 'run', 'resume']],
  ] satisfies [string, string[]][])(
    '%s of a run whose worker was killed: its agent is adopted once',
    async ([, commands], { skip }) => {
      if (missing !== null) skip(missing)
      await using rig = await createOperatorsRig()
      const first = rig.ptb(rig.runArgs)
      await rig.until(isSolving)
      first.process.kill('SIGKILL')
      const run = (await rig.runs()).find(({ agentStarts }) => agentStarts > 0)
      if (run?.state.worker == null) throw new Error('no worker is on record')
      process.kill(run.state.worker.pid, 'SIGKILL')
      const ends = await Promise.all(
        commands.map((command) => rig.ptb(command === 'run' ? rig.runArgs : ['resume', run.path]).ended),
      )
      for (const end of ends) expect(end).toMatchObject({ code: 0 })
      if (!commands.includes('run')) await rig.ptb(rig.runArgs).ended
      expect(await summarise(rig)).toEqual(scoredOnce)
    },
  )
})

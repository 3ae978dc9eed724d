import { describe, expect, it } from 'vitest'
import { createOperatorsRig, isSolving, whyNoExperiment, type OperatorsRig } from './operators.ts'

const missing = await whyNoExperiment()

/** What comes of running it again: that joins what is running. */
async function joinAgain(rig: OperatorsRig): Promise<unknown> {
  const { code } = await rig.ptb(rig.runArgs).ended
  const runs = await rig.runs()
  return { code, runs: runs.map(({ agentStarts, state }) => [agentStarts, state.outcome?.reason]) }
}

/** The run went on by itself. */
const joined = { code: 0, runs: [[1, 'scored']] }

describe('terminal and suspend', { concurrent: true, timeout: 120_000 }, () => {
  it.for([
    ['the terminal is closed', { signal: 'SIGHUP' }, { code: null, signal: 'SIGHUP' }, /solve/],
    ['ptb run is terminated', { signal: 'SIGTERM' }, { code: null, signal: 'SIGTERM' }, /solve/],
    [
      'Ctrl-C is pressed',
      { send: '\u0003' },
      { code: 130, signal: null },
      /interrupted: what runs goes on.*ptb status.*ptb run/s,
    ],
  ] as const)('%s: the runs go on', async ([, step, end, output], { skip }) => {
    if (missing !== null) skip(missing)
    await using rig = await createOperatorsRig()
    const ended = await rig.atTerminal([{ wait: 'solve' }, step])
    expect(ended).toMatchObject({ ...end, output: expect.stringMatching(output) })
    expect(await joinAgain(rig)).toEqual(joined)
  })

  it('ptb run is stopped and continued: it tells the end', async ({ skip }) => {
    if (missing !== null) skip(missing)
    await using rig = await createOperatorsRig()
    const { process: child, ended } = rig.ptb(rig.runArgs)
    await rig.until(isSolving)
    child.kill('SIGSTOP')
    await rig.until((runs) => runs.some(({ state }) => state.outcome !== null))
    child.kill('SIGCONT')
    expect(await ended).toMatchObject({ code: 0 })
    expect(await joinAgain(rig)).toEqual(joined)
  })

  it('a worker is stopped until its agent has ended, and continued: nothing is lost', async ({ skip }) => {
    if (missing !== null) skip(missing)
    await using rig = await createOperatorsRig()
    const { ended } = rig.ptb(rig.runArgs)
    await rig.until(isSolving)
    const run = (await rig.runs()).find(({ agentStarts }) => agentStarts > 0)
    if (run?.state.worker == null) throw new Error('no worker is on record')
    process.kill(run.state.worker.pid, 'SIGSTOP')
    await new Promise((done) => setTimeout(done, 3000))
    process.kill(run.state.worker.pid, 'SIGCONT')
    expect(await ended).toMatchObject({ code: 0 })
    expect(await joinAgain(rig)).toEqual(joined)
  })
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createPublishedBench } from './published-task/bench.ts'
import { describeBadMetrics } from './published-task/describe-metrics.ts'

describeBadMetrics(['nothing', 'link', '7'])

describe('published tasks: what the program can reach', { concurrent: true, timeout: 120_000 }, () => {
  it('neither network nor files but its own, and it writes to one folder', async (context) => {
    await using bench = await createPublishedBench()
    if (!bench.isolated) return context.skip('no sandbox here isolates files and network')
    const { metrics } = await bench.evaluate({ model: 'tells' })
    const { environment, ...told } = metrics?.test.details ?? {}
    expect(told).toEqual({
      model: expect.stringMatching(/^refused/),
      task: expect.stringMatching(/^refused/),
      templates: expect.stringMatching(/^refused/),
      etc: expect.stringMatching(/^refused/),
      root: expect.stringMatching(/^refused/),
      network: expect.stringMatching(/^refused/),
      secret: expect.stringMatching(/^refused/),
      reads_from_its_folder: 'found',
    })
    expect(environment).toEqual(expect.arrayContaining(['HF_HUB_OFFLINE', 'PATH']))
    expect(environment).not.toContain('PTB_API_KEY')
    expect(metrics).toMatchObject({ program: { stderr: 'unknown' }, test: { accuracy: 1, stderr: 0 } })
  })

  it('what it leaves running is waited for by nobody, and what it wrote is removed', async () => {
    await using bench = await createPublishedBench()
    const { metrics, files } = await bench.evaluate({ model: 'leaves a process behind' })
    expect(metrics?.test.accuracy).toBe(0.5)
    expect(files.toSorted()).toEqual(['engine.log', 'metrics.json'])
  })

  it('what it prints is kept up to a limit', async () => {
    await using bench = await createPublishedBench()
    const { metrics, log } = await bench.evaluate({ model: 'floods' })
    expect(metrics?.test.accuracy).toBe(0.5)
    expect(log.length).toBe(4 * 1024 * 1024)
  })
})

describe('published tasks: whose fault it is', { concurrent: true, timeout: 120_000 }, () => {
  it('none: a score, without items or samples', async () => {
    await using bench = await createPublishedBench()
    const end = await bench.evaluate({})
    expect(end).toMatchObject({
      reason: null,
      log: 'as it should\n',
      metrics: {
        test: { items: 0, accuracy: 0.5, stderr: 0.1, details: { n: 4, by_theme: { a: 0.25 } } },
        program: { stderr: 'told' },
        passes: [0.5],
        shadow: null,
        probe: null,
      },
    })
  })

  it('none, where the program fails after it has told a score', async () => {
    await using bench = await createPublishedBench()
    expect(await bench.evaluate({ model: 'score and exit 1' })).toMatchObject({
      reason: null,
      metrics: { test: { accuracy: 0.5 } },
    })
  })

  it("the harness's, where the base model gets no score either, and a later try is one", async () => {
    await using bench = await createPublishedBench()
    const broken = await bench.evaluate({ model: 'nothing', base: 'nothing' })
    expect(broken).toMatchObject({ metrics: null, reason: 'infra_failure/evaluation_program_broken' })
    expect(await bench.evaluate({})).toMatchObject({
      reason: null,
      metrics: { attempt: 2, aborted: [expect.stringContaining('no metrics.json')] },
    })
  })

  it("the operator's, where the task has changed since the plan", async () => {
    await using bench = await createPublishedBench()
    const meddle = (task: string): Promise<void> => writeFile(join(task, 'evaluation_code/more.py'), '')
    expect(await bench.evaluate({ meddle })).toMatchObject({ reason: 'infra_failure/benchmark_changed' })
  })

  it("nobody's, as long as the protocol has further tries", async () => {
    await using bench = await createPublishedBench()
    const end = await bench.evaluate({
      model: '7',
      protocol: { ladder: [{ attempts: 3, maxTokens: {} }] },
    })
    expect(end.reason).toBe('no_model/evaluation_failed')
    expect(end.files).toContain('aborted.jsonl')
  })
})

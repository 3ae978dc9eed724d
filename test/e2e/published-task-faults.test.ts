import { describe, expect, it } from 'vitest'
import { createPublishedBench } from '../faults/published-task/bench.ts'
import { badMetrics, describeBadMetrics } from '../faults/published-task/describe-metrics.ts'

describeBadMetrics(Object.keys(badMetrics))

describe('published tasks: time', () => {
  it('who hangs is stopped, and the base model, which does not, tells whose fault it was', async () => {
    await using bench = await createPublishedBench()
    const end = await bench.evaluate({ model: 'hangs', timeoutSeconds: 20 })
    expect(end).toMatchObject({ metrics: null, reason: 'no_model/evaluation_timed_out' })
    expect(end.detail).toContain('it was stopped after')
  })

  it('one that was cut short leaves nothing, and begins anew', async () => {
    await using bench = await createPublishedBench()
    await expect(bench.evaluate({ model: 'hangs', signal: AbortSignal.timeout(5000) })).rejects.toThrow(
      'timeout',
    )
    const end = await bench.evaluate({})
    expect(end.metrics).toMatchObject({ test: { accuracy: 0.5 } })
    expect(end.metrics?.aborted).toBeUndefined()
    expect(end.files.toSorted()).toEqual(['engine.log', 'metrics.json'])
  })
})

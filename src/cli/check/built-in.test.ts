import { describe, expect, it } from 'vitest'
import { agents } from '../../agents/registry.ts'
import { benchmarks } from '../../benchmarks/registry.ts'
import { engines } from '../../engines/registry.ts'
import { detectors } from '../../integrity/detectors/registry.ts'
import { drawing } from '../../../test/fakes/scoring.ts'
import { sharedPath, whyNoShared } from '../../../test/fixtures/shared.ts'
import { createDataFiles } from '../../data/data-files.ts'
import type { Benchmark } from '../../domain/benchmark.ts'
import { itemCounts } from '../../domain/protocol.ts'
import { readCatalog } from '../../run/catalog.ts'
import { sandboxes } from '../../sandboxes/registry.ts'
import { checkBenchmark } from './check-benchmark.ts'
import { checkAgent, checkEngine, checkSandbox } from './check-command.ts'
import { checkDetector } from './check-detector.ts'
import type { CheckResult } from './check-result.ts'

function problems(results: readonly CheckResult[]): CheckResult[] {
  expect(results.length).toBeGreaterThan(0)
  return results.filter(({ problem }) => problem !== null)
}

describe('what comes with ptb keeps the rules for users', () => {
  it.for<Benchmark>([...benchmarks])('benchmark $id', async (benchmark, context) => {
    const { protocols, datasets } = await readCatalog()
    const own = sharedPath('data')
    const data = createDataFiles({
      datasets: () => Promise.resolve(datasets),
      folders: { own, cache: '/nowhere' },
    })
    for (const name of benchmark.datasets ?? [])
      if (!(await data.has(name))) context.skip(whyNoShared(`data of ${name}`))
    const using = protocols.filter((protocol) => protocol.benchmarks.includes(benchmark.id))
    expect(using).not.toEqual([])
    for (const protocol of using) {
      const counts = itemCounts(protocol)
      const draw = drawing({ ...counts, train: Math.min(counts.train, 500) }, protocol.itemSeed, data)
      expect(problems(await checkBenchmark(benchmark, draw))).toEqual([])
    }
  })

  it.each(detectors)('detector $id', async (detector) => {
    expect(problems(await checkDetector(detector))).toEqual([])
  })

  it.each(agents)('agent $id', async (agent) => {
    expect(problems(await checkAgent(agent))).toEqual([])
  })

  it.each(engines)('engine $id', async (engine) => {
    expect(problems(await checkEngine(engine))).toEqual([])
  })

  it.each(sandboxes)('sandbox $id', async (sandbox) => {
    expect(problems(await checkSandbox(sandbox))).toEqual([])
  })
})

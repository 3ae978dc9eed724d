import { describe, expect, it } from 'vitest'
import { countingBenchmark } from '../../../test/fakes/benchmark.ts'
import { agents } from '../../agents/registry.ts'
import { engines } from '../../engines/registry.ts'
import { detectors } from '../../integrity/detectors/registry.ts'
import { sandboxes } from '../../sandboxes/registry.ts'
import { parseConfig } from './parse-config.ts'

const parse = (exported: unknown): unknown => parseConfig(exported, '/x/ptb.config.ts')

describe('a config', () => {
  it('may hold whatever is built in, and is given back as it is', () => {
    const config = { benchmarks: [countingBenchmark], agents, detectors, engines, sandboxes, catalog: './c' }
    expect(parse(config)).toBe(config)
    expect(parse({})).toEqual({})
    const published = { benchmarks: [{ kind: 'published', path: './tasks/x', timeoutHours: 2 }] }
    expect(parse(published)).toBe(published)
  })

  it.each([
    [null, 'the default export: expected object'],
    [{ benchmark: [] }, 'unknown key "benchmark"; did you mean "benchmarks"?'],
    [{ benchmarks: countingBenchmark }, 'benchmarks: expected array'],
    [{ benchmarks: [{ ...countingBenchmark, id: 'Mine!' }] }, 'benchmarks[0] ("Mine!"): id: use lower-case'],
    [
      { benchmarks: [{ ...countingBenchmark, load: [] }] },
      'benchmarks[0] ("counting"): load: must be a function',
    ],
    [{ benchmarks: [{ ...countingBenchmark, maxTokens: 0 }] }, '("counting"): maxTokens: '],
    [{ benchmarks: [{ ...countingBenchmark, probe: { chance: 2 } }] }, '("counting"): probe.chance: '],
    [
      { detectors: [{ id: 'd', title: 'D', version: 1, kinds: { A: 'x' } }] },
      'detectors[0] ("d"): kinds.A: ',
    ],
    [{ benchmarks: [{ kind: 'published' }] }, 'benchmarks[0]: path: expected string'],
    [
      { benchmarks: [{ kind: 'published', path: './x', id: 'x', timeoutHour: 1 }] },
      'benchmarks[0] ("x"): Unrecognized key: "timeoutHour"',
    ],
    [{ agents: ['solve.sh'] }, 'agents[0]: expected object'],
    [{ engines: [{ ...engines[0], flags: { gpu: true } }] }, 'flags.parsesTools: '],
    [{ sandboxes: [{ ...sandboxes[0], id: 'auto' }] }, '"auto" lets ptb choose'],
    [{ catalog: 7 }, 'catalog: expected string'],
  ])('%j is refused with its place', (exported, message) => {
    expect(() => parse(exported)).toThrow(message)
    expect(() => parse(exported)).toThrow('/x/ptb.config.ts does not export a config')
  })

  it('is told everything at once', () => {
    expect(() => parse({ catalog: '', agents: [{ id: 'a' }] })).toThrow(
      /agents\[0\] \("a"\): title.*\n.*agents\[0\] \("a"\): command.*\n.*catalog/,
    )
  })
})

import { describe, expect, it } from 'vitest'
import { countingBenchmark } from '../../../test/fakes/benchmark.ts'
import { drawing } from '../../../test/fakes/scoring.ts'
import type { Benchmark, BenchmarkItems, Item } from '../../domain/benchmark.ts'
import type { Detector } from '../../domain/detector.ts'
import type { Finding } from '../../domain/finding.ts'
import { checkBenchmark } from './check-benchmark.ts'
import { checkAgent, checkEngine } from './check-command.ts'
import { checkDetector } from './check-detector.ts'
import type { CheckResult } from './check-result.ts'

const draw = drawing({ train: 4, test: 4, shadow: 4 })

function broken(results: readonly CheckResult[]): string[] {
  return results.flatMap(({ rule, problem }) => (problem === null ? [] : [`${rule}: ${problem}`]))
}

const items = await countingBenchmark.load(draw)

describe('a benchmark', () => {
  const withItems = (change: (items: BenchmarkItems) => BenchmarkItems): Partial<Benchmark> => ({
    load: () => Promise.resolve(change(items)),
  })
  const withFirst = (change: Partial<Item>): Partial<Benchmark> =>
    withItems(({ test: [first, ...rest], ...sets }) => ({
      ...sets,
      test: first === undefined ? [] : [{ ...first, ...change }, ...rest],
    }))

  it('that keeps every rule is told so', async () => {
    expect(broken(await checkBenchmark(countingBenchmark, draw))).toEqual([])
  })

  const changes: [string, Partial<Benchmark>, string][] = [
    ['draws anew at every load', { load: async () => ({ ...items, test: [randomItem()] }) }, 'gives the same items twice'],
    ['fails to load', { load: () => Promise.reject(new Error('no file')) }, 'it threw Error: no file'],
    ['has no test items', withItems((all) => ({ ...all, test: [] })), 'there are no test items'],
    ['gives more than asked', withItems((all) => ({ ...all, shadow: [...all.shadow, randomItem()] })), '5 shadow items'],
    ['has an id twice', withFirst({ id: 'train-1' }), 'item "train-1" has the id'],
    ['has items that JSON changes', withFirst({ metadata: { when: new Date(0) } }), 'is not the same after JSON'],
    ['ends with an answer', withFirst({ messages: [{ role: 'assistant', content: 'question test 0' }] }), "no user's message"],
    ['has a fingerprint of something else', withFirst({ fingerprints: ['another question'] }), 'does not hold its fingerprint "another question"'],
    ['has no fingerprints', withFirst({ fingerprints: [] }), 'has no fingerprint'],
    ['shows test items in training', withFirst({ messages: [{ role: 'user', content: 'Question: train 2!' }], fingerprints: ['Question, train 2'] }), '"train-2"'],
    ['cannot be solved', { score: () => ({ value: 0, answer: null }) }, 'a right answer scores 1: item "test-0" gets 0'],
    ['is always right', { score: () => ({ value: 1, answer: '' }) }, 'nonsense scores 0'],
    ['gives percents', { score: (of, { text }) => ({ value: text === of.target ? 1 : text === '' ? 0 : 50, answer: null }) }, 'gets 50'],
    ['throws at strange texts', { score: (of, { text }) => { decodeURIComponent(text); return countingBenchmark.score(of, { text, }) } }, 'makes it throw URIError'],
    ['scores by chance', { score: (of, { text }) => ({ ...countingBenchmark.score(of, { text }), answer: String(Math.random()) }) }, 'two different scores'],
    ['cuts nothing out', { probe: { chance: 0, cut: (of) => of } }, 'asks the same when it is cut'],
    ['cuts its id', { probe: { chance: 0, cut: (of) => ({ ...of, id: 'x', messages: [] }) } }, 'loses its id'],
  ] // prettier-ignore
  it.each(changes)('that %s is found out', async (_, change, message) => {
    const found = broken(await checkBenchmark({ ...countingBenchmark, ...change }, draw))
    expect(found.join('\n')).toContain(message)
  })

  function randomItem(): Item {
    const word = `question ${Math.random()}`
    return { id: word, messages: [{ role: 'user', content: word }], target: '1', fingerprints: [word] }
  }
})

describe('a detector', () => {
  const finding: Finding = { detector: 'd', kind: 'seen', summary: 's', measure: 1, evidence: [] }
  const detector = (detect: Detector['detect']): Detector => ({
    id: 'd',
    title: 'D',
    version: 1,
    kinds: { seen: 'It was seen.' },
    detect,
  })

  it('that keeps every rule is told so', async () => {
    expect(broken(await checkDetector(detector(() => [finding])))).toEqual([])
  })

  let calls = 0
  const detectors: [string, Detector['detect'], string][] = [
    ['finds what it did not declare', () => [{ ...finding, kind: 'other' }], '"other" is not among its kinds'],
    ['inherits a kind', () => [{ ...finding, kind: 'toString' }], '"toString" is not among its kinds'],
    ['speaks for another', () => [{ ...finding, detector: 'e' }], 'calls its detector "e"'],
    ['leaves out the measure', () => [{ ...finding, measure: Number.NaN }], 'a finding lacks something: measure'],
    ['finds more each time', () => [{ ...finding, measure: calls++ }], 'a second look gave other findings'],
    ['needs a model', ({ modelPath }) => [{ ...finding, summary: String(modelPath?.length.toFixed()) }, ...missing(modelPath)], 'it threw'],
  ] // prettier-ignore
  it.each(detectors)('that %s is found out', async (_, detect, message) => {
    expect(broken(await checkDetector(detector(detect))).join('\n')).toContain(message)
  })

  function missing(path: string | null): Finding[] {
    if (path === null) throw new TypeError('no model')
    return []
  }
})

describe('a command', () => {
  it('that is empty, changes or holds no text is found out', async () => {
    let port = 0
    const agent = (argv: readonly string[]): Promise<CheckResult[]> =>
      checkAgent({ id: 'a', title: 'A', command: () => ({ argv, env: {} }) })
    expect(broken(await agent([]))[0]).toContain('the command is empty')
    expect(broken(await agent(['a\0b']))[0]).toContain('cannot be a part of a command')
    expect(broken(await agent(['a', 'b']))).toEqual([])
    const engine = {
      id: 'e',
      title: 'E',
      flags: { gpu: false, parsesTools: false },
      readyTimeoutMs: 1,
      concurrency: 1,
      command: () => ({ argv: ['serve', String(port++)], env: {} }),
    }
    expect(broken(await checkEngine(engine))[0]).toContain('a second call gave another command')
  })
})

import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { attemptLayout } from '../run/layout.ts'
import { readAttemptTimeline } from './report-timeline.ts'

const start = Date.UTC(2026, 0, 5, 9)
const at = (ms: number): string => new Date(start + ms).toISOString()
const shown = { withheld: false, redact: (text: string) => text.toUpperCase() }

async function openAttempt(files: {
  readonly events?: readonly object[]
  readonly monitor?: readonly object[]
  readonly evaluations?: readonly object[]
}) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-timeline-'))
  const layout = attemptLayout(folder.path, 1)
  await mkdir(layout.root, { recursive: true })
  const write = (path: string, lines: readonly object[] = []): Promise<void> =>
    writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  await write(layout.events, files.events)
  await write(layout.monitor, files.monitor)
  await write(layout.selfEvaluations, files.evaluations)
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.remove() }
}

function sample(index: number): object {
  return {
    at: at(5000 * index),
    elapsedMs: 5000 * index,
    processes: index === 3210 ? 400 : 4,
    memoryBytes: 2 ** 30 + 2 ** 20 * ((index * 7919) % 100),
    diskBytes: index % 2 === 0 ? 2 ** 20 * index : null,
    ownCores: 1.5,
    busyCores: index === 777 ? 8 : 1.2,
    load1: 1,
  }
}

test('ten hours of samples become at most 300 points per curve, with every peak', async () => {
  await using attempt = await openAttempt({
    monitor: Array.from({ length: 7200 }, (_, index) => sample(index)),
  })
  const { monitor } = await readAttemptTimeline(attempt.path, 1, shown)
  expect(monitor.samples).toBe(7200)
  const curves = new Map(monitor.curves.map((curve) => [curve.metric, curve]))
  for (const { seconds, values } of curves.values()) {
    expect(values.length).toBe(seconds.length)
    expect(values.length).toBeLessThanOrEqual(300)
  }
  expect(Math.max(...(curves.get('processes')?.values ?? []))).toBe(400)
  expect(Math.max(...(curves.get('otherCores')?.values ?? []))).toBe(6.5)
  expect(Math.min(...(curves.get('otherCores')?.values ?? []))).toBe(0)
  expect(curves.get('diskBytes')?.values.at(-1)).toBe(2 ** 20 * 7198)
  expect(JSON.stringify(monitor).length).toBeLessThan(20_000)
})

test('what the machine does not count has no curve', async () => {
  const blind = { ...sample(1), ownCores: null, diskBytes: null }
  await using attempt = await openAttempt({ monitor: [blind, blind] })
  const { monitor } = await readAttemptTimeline(attempt.path, 1, shown)
  expect(monitor.curves.map(({ metric }) => metric)).toEqual(['memoryBytes', 'processes'])
})

test('marks are dated from the start of the agent and bounded, and the end is always among them', async () => {
  const notices = Array.from({ length: 500 }, (_, index) => ({
    seq: index + 2,
    at: at(1000 + index),
    type: 'notice',
    text: `notice ${index} ${'x'.repeat(1000)}`,
  }))
  const events = [
    { seq: 1, at: at(1000), type: 'agent_started' },
    ...notices,
    { seq: 502, at: at(61_000), type: 'agent_exited', code: 3, signal: null },
  ]
  await using attempt = await openAttempt({ events })
  const { marks, agentStartedAt } = await readAttemptTimeline(attempt.path, 1, shown)
  expect(agentStartedAt).toBe(at(1000))
  expect(marks).toHaveLength(60)
  expect(marks[0]?.text).toMatch(/^NOTICE 0 X+$/u)
  expect(Math.max(...marks.map(({ text }) => text.length))).toBe(160)
  expect(marks.at(-1)).toEqual({ elapsedMs: 60_000, kind: 'exit', text: 'ended with exit code 3' })
})

test('a few evaluations are all shown, of thousands the extremes', async () => {
  const evaluation = (index: number, accuracy: number): object => ({
    at: at(index),
    elapsedMs: index,
    model: 'm',
    items: 10,
    accuracy,
    stderr: 0,
    handedOut: [],
  })
  await using few = await openAttempt({
    evaluations: [0, 0, 0].map((accuracy, index) => evaluation(index, accuracy)),
  })
  expect((await readAttemptTimeline(few.path, 1, shown)).selfEvaluations).toHaveLength(3)
  const many = Array.from({ length: 5000 }, (_, index) =>
    evaluation(index, index === 2500 ? 0.9 : (index % 5) / 10),
  )
  await using full = await openAttempt({ evaluations: many })
  const { selfEvaluations, selfEvaluationCount } = await readAttemptTimeline(full.path, 1, shown)
  expect(selfEvaluationCount).toBe(5000)
  expect(selfEvaluations.length).toBeLessThanOrEqual(200)
  expect(Math.max(...selfEvaluations.map(({ accuracy }) => accuracy))).toBe(0.9)
})

import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  syntheticExperiment,
  syntheticProtocol,
  usualBaselines,
} from '../../test/fixtures/synthetic-experiment.ts'
import { writeExperiment } from '../../test/fixtures/write-experiment.ts'
import { reportSchema, type ReportData, type ReportRun } from '../domain/report.ts'
import { attemptLayout } from '../run/layout.ts'
import { aggregate } from './aggregate.ts'
import { buildReport } from './report.ts'
import { readExperiment } from './store.ts'

const credential = ['hf', 'a1B2c3D4e5F6g7H8i9J0k1L2m3'].join('_')

async function openFixture() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'ptb-report-'))
  const made = syntheticExperiment(
    [
      { agent: 'honest', benchmark: 'arithmetic', accuracy: 0.5 },
      { agent: 'cheat', benchmark: 'tools', accuracy: 0.9, outcome: 'flagged' },
      { agent: 'waiting', benchmark: 'tools', outcome: null },
    ],
    usualBaselines,
  )
  const findings = {
    schemaVersion: 1 as const,
    createdAt: '2026-01-05T09:00:00.000Z',
    detectors: [{ id: 'overlap', version: 1, durationMs: 1 }],
    findings: [
      {
        detector: 'overlap',
        kind: 'copied',
        summary: '12 items occur word for word.',
        measure: 12,
        evidence: [{ file: 'workspace/a.py', line: 3, item: 'secret-item', excerpt: 'the gated question' }],
      },
    ],
  }
  const data = { ...made, runs: made.runs.map((run) => ({ ...run, findings })) }
  await writeExperiment(folder.path, data)
  for (const run of data.runs) {
    const log = attemptLayout(join(folder.path, 'runs', run.id), 1)
    await mkdir(dirname(log.agentLog), { recursive: true })
    const lines = Array.from({ length: 400 }, (_, line) => `line ${line} of the log\n`).join('')
    // an escape sequence in the middle must not save a credential from being seen
    const split = `${credential.slice(0, 6)}\u001b[0m${credential.slice(6)}`
    await writeFile(log.agentLog, `${lines}token ${credential} and ${split}\n`)
    const point = { at: '', elapsedMs: 5, model: 'm', items: 10, accuracy: 0.3, stderr: 0.1, handedOut: [] }
    await writeFile(log.selfEvaluations, `${JSON.stringify(point)}\nbroken\n`)
  }
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.remove() }
}

async function reportOf(path: string, open: readonly string[]): Promise<ReportData> {
  const experiments = [await readExperiment(path)]
  return await buildReport(experiments, {
    title: 'test',
    leaderboard: aggregate(experiments, { protocol: syntheticProtocol, resamples: 50 }),
    protocolText: 'id: nano\n',
    openBenchmarks: new Set(open),
    logTailBytes: 1000,
  })
}

function runOf(report: ReportData, agent: string): ReportRun {
  const run = report.runs.find((candidate) => candidate.agent === agent)
  if (run === undefined) throw new Error(`no run of ${agent}`)
  return run
}

test('a run shows what it counts, on what evidence, and its way there', async () => {
  await using fixture = await openFixture()
  const report = await reportOf(fixture.path, ['arithmetic', 'tools'])
  expect(reportSchema.parse(report)).toEqual(report)
  expect(runOf(report, 'honest')).toMatchObject({
    counts: 'own',
    countedScore: 0.5,
    baseScore: { accuracy: 0.1 },
  })
  const cheat = runOf(report, 'cheat')
  expect(cheat).toMatchObject({ counts: 'base', countedScore: 0, ownScore: { accuracy: 0.9 } })
  expect(cheat.findings[0]?.evidence[0]).toMatchObject({ item: 'secret-item', excerpt: 'the gated question' })
  expect(cheat.timeline.map(({ phase }) => phase)).toEqual([
    'prepare',
    'solve',
    'seal',
    'evaluate',
    'inspect',
  ])
  expect(cheat.selfEvaluations).toEqual([{ elapsedMs: 5, items: 10, accuracy: 0.3, stderr: 0.1 }])
  expect(runOf(report, 'waiting')).toMatchObject({ outcome: null, counts: 'missing', countedScore: null })
})

test('the log is its end, in whole lines, without credentials', async () => {
  await using fixture = await openFixture()
  const { log } = runOf(await reportOf(fixture.path, ['arithmetic']), 'honest')
  const [tail] = log.parts
  expect(log.parts).toHaveLength(1)
  expect(tail?.lines[0]).toBe(`line ${(tail?.firstLine ?? 0) - 1} of the log`)
  expect(tail?.lines.join('\n').length).toBeLessThanOrEqual(1000)
  expect(tail?.lines.at(-1)).toMatch(/^token \[hidden[^\]]*\] and \[hidden[^\]]*\]$/u)
  expect(log.note).toMatch(/^End of the agent's output in attempt 1: 401 lines/u)
  expect(JSON.stringify(log)).not.toContain(credential)
})

test('of a benchmark that is not open no item, excerpt or log gets into the report', async () => {
  await using fixture = await openFixture()
  const report = await reportOf(fixture.path, ['arithmetic'])
  const cheat = runOf(report, 'cheat')
  expect(cheat).toMatchObject({ withheld: true, log: { parts: [] }, excerpts: [] })
  expect(cheat.findings[0]).toMatchObject({ summary: '12 items occur word for word.', measure: 12 })
  expect(cheat.findings[0]?.evidence).toEqual([{ file: 'workspace/….py', line: 3 }])
  expect(JSON.stringify(cheat)).not.toMatch(/secret-item|gated question/u)
})

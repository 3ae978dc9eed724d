import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../../../src/domain/finding.ts'
import { outcomeKinds, type OutcomeKind } from '../../../src/domain/outcome.ts'
import { attemptLayout, evaluationPath, runLayout } from '../../../src/run/layout.ts'
import type { ExperimentData, RunData } from '../../../src/results/store.ts'
import { syntheticExperiment, syntheticJournal, usualBaselines } from '../../fixtures/synthetic-experiment.ts'
import { writeExperiment } from '../../fixtures/write-experiment.ts'
import { asArgument, hostile, hostileNames, hostileTexts, invalidUtf8 } from './hostile-text.ts'

/** What a detector says about files that an agent named. */
const finding: Finding = {
  detector: `contamination ${hostile}`,
  kind: `test_items ${hostile}`,
  summary: hostile,
  measure: 1,
  evidence: [
    { file: `workspace/${hostile}`, line: 1, item: hostile, excerpt: hostile, tensor: hostile },
    { file: 'agent.log', line: 2, excerpt: hostile },
    ...hostileNames.map((name) => ({ file: `workspace/${name}`, line: 1, excerpt: name })),
  ],
}

/**
 * An experiment on disk in which everything that an agent, a model, an experiment's author or an operator writes freely is
 * hostile, in a run for every outcome. One run's folder and one file cannot be read.
 */
export async function writeHostileExperiment(root: string): Promise<ExperimentData> {
  const made = syntheticExperiment(
    [
      ...outcomeKinds.map((outcome) => ({ agent: outcome, benchmark: 'nano-arith', outcome, accuracy: 0.6 })),
      ...Object.values(hostileTexts).map((agent) => ({ agent, benchmark: 'nano-arith', accuracy: 0.3 })),
    ],
    usualBaselines
      .filter(({ benchmark }) => benchmark === 'arithmetic')
      .map((baseline) => ({ ...baseline, benchmark: 'nano-arith' })),
    `hostile ${hostile}`,
  )
  const data = {
    ...made,
    runs: made.runs.map(poison),
    baselines: made.baselines.map(({ spec, ...baseline }) => ({ ...baseline, spec: underNano(spec) })),
  }
  await writeExperiment(root, data)
  for (const run of data.runs) await writeLogs(join(root, 'runs', run.id), run)
  const broken = join(root, 'runs', `broken ${hostileNames[3]}`)
  await mkdir(broken)
  await writeFile(runLayout(broken).runFile, `{"${hostile}`)
  return data
}

function underNano<T extends { readonly protocol: { readonly id: string; readonly hash: string } }>(
  spec: T,
): T {
  return { ...spec, protocol: { ...spec.protocol, id: 'nano-v1' } }
}

function poison(run: RunData, index: number): RunData {
  const { spec, result } = run
  // so that it can be named on a command line
  const name = asArgument(`${spec.agent.name} ${hostile}`)
  const agent = { ...spec.agent, name, config: hostile, path: `/${hostile}` }
  const id = `${index}-${hostileNames[index % hostileNames.length] ?? ''}`
  const kind: OutcomeKind = result?.outcome.kind ?? 'scored'
  const outcome = { kind, reason: `${kind}/${hostile}`, detail: hostile }
  return {
    ...run,
    id,
    spec: underNano({ ...spec, agent }),
    result:
      result === null
        ? null
        : { ...result, runId: id, agent: agent.name, protocol: 'nano-v1', outcome, findings: [finding] },
    findings: {
      schemaVersion: 1,
      createdAt: '2026-01-05T09:15:00.000Z',
      detectors: [{ id: hostile, version: 1, durationMs: 1 }],
      findings: [finding],
    },
    verdicts: [
      {
        number: 1,
        verdict: {
          schemaVersion: 1,
          decision: kind === 'flagged' ? 'flagged' : 'clean',
          reason: outcome.reason,
          justification: hostile,
          madeBy: { kind: 'operator', name: hostile },
          findings: [0],
          labels: [hostile],
          at: '2026-01-05T09:15:00.000Z',
        },
      },
    ],
  }
}

async function writeLogs(path: string, { result }: RunData): Promise<void> {
  if (result === null) return
  const { outcome } = result
  const lines = syntheticJournal(1, true).map((line) =>
    line.type === 'attempt'
      ? { ...line, why: hostile }
      : line.type === 'attempt_end'
        ? { ...line, outcome: outcome.kind === 'infra_failure' ? outcome : null }
        : line,
  )
  const last = lines.at(-1)
  const finished = { seq: (last?.seq ?? 0) + 1, epoch: 1, at: last?.at, type: 'finished', outcome }
  const log = Buffer.concat([
    ...Object.values(hostileTexts).flatMap((text) => [
      Buffer.from(`2026-01-05T09:00:12.000Z out ${text}\n`),
      invalidUtf8,
    ]),
    Buffer.from(`\n2026-01-05T09:00:12.000Z err ${'\u001b]0;'.repeat(50)}${hostile}`),
  ])
  const attempt = attemptLayout(path, 1)
  const evaluation = evaluationPath(path, 'nano-v1', 1)
  await mkdir(attempt.workspace, { recursive: true })
  await mkdir(attempt.finalModel, { recursive: true })
  await mkdir(evaluation, { recursive: true })
  for (const name of hostileNames) await writeFile(join(attempt.workspace, name), log)
  for (const name of hostileNames) await writeFile(join(attempt.finalModel, `${name}.safetensors`), log)
  for (const file of [
    attempt.agentLog,
    attempt.supervisorLog,
    runLayout(path).workerLog,
    join(evaluation, 'engine.log'),
  ])
    await writeFile(file, log)
  await writeLines(runLayout(path).journal, [...lines, finished])
  await writeLines(attempt.events, [
    { seq: 1, at: '2026-01-05T09:00:12.000Z', type: 'agent_started' },
    { seq: 2, at: '2026-01-05T09:00:15.000Z', type: 'notice', text: hostile },
    { seq: 3, at: '2026-01-05T09:00:16.000Z', type: 'limit', limit: 'pids', detail: hostile },
    { seq: 4, at: '2026-01-05T09:00:17.000Z', type: 'failed', reason: hostile, detail: hostile },
  ])
  await writeLines(attempt.selfEvaluations, [
    {
      at: '2026-01-05T09:00:16.000Z',
      elapsedMs: 1,
      model: hostile,
      items: 1,
      accuracy: 1,
      stderr: 0,
      handedOut: [],
    },
  ])
}

async function writeLines(path: string, values: readonly unknown[]): Promise<void> {
  await writeFile(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''))
}

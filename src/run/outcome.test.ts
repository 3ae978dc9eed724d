import { expect, it } from 'vitest'
import { deriveOutcome, type OutcomeEvidence } from './outcome.ts'

const evidence: OutcomeEvidence = {
  solve: {
    end: 'finished',
    exitCode: 0,
    signal: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
    death: { proven: true, method: 'test', leftOver: 0 },
    outputBytes: 0,
    outputDropped: 0,
    turns: 1,
    limits: {},
    exceeded: [],
    usage: { peakMemoryBytes: 0, peakProcesses: 0, peakDiskBytes: 0, cpuSeconds: null },
    contention: null,
  },
  seal: {
    schemaVersion: 1,
    sealedAt: '2026-01-01T00:00:00.000Z',
    refused: null,
    files: [],
    tensors: [],
    leftOut: [],
    modelHash: 'm',
    workspace: { files: 0, bytes: 0, leftOut: [], leftOutSums: {} },
  },
  metrics: {
    schemaVersion: 1,
    protocol: 'p',
    protocolHash: 'h',
    benchmark: 'b',
    modelHash: 'm',
    engine: 'e',
    sandbox: 's',
    seeds: [1],
    fewShot: 0,
    test: { items: 1, accuracy: 1, stderr: 0, errors: 0, truncated: 0 },
    passes: [1],
    shadow: null,
    probe: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
  },
  loadFailure: null,
  verdict: {
    schemaVersion: 1,
    decision: 'clean',
    reason: 'clean',
    justification: 'nothing found',
    madeBy: { kind: 'policy', policy: 'default', policyHash: 'h' },
    findings: [],
    labels: [],
    at: '2026-01-01T00:00:00.000Z',
  },
}
const { solve, seal, verdict } = evidence
const flagged = {
  ...evidence,
  verdict: verdict && { ...verdict, decision: 'flagged' as const, reason: 'flagged/x' },
}

function nothing(end: Partial<OutcomeEvidence['solve']>): OutcomeEvidence {
  const refused = { reason: 'no_model/nothing_submitted', detail: 'there is no folder final_model' }
  return { ...evidence, solve: { ...solve, ...end }, seal: { ...seal, refused }, metrics: null }
}

it.each<[string, OutcomeEvidence, string]>([
  ['a clean run', evidence, 'scored'],
  [
    'a run stopped at its deadline',
    { ...evidence, solve: { ...solve, end: 'deadline' } },
    'scored/at_deadline',
  ],
  [
    'an agent that crashed after it handed in',
    { ...evidence, solve: { ...solve, end: 'crashed' } },
    'scored/after_crash',
  ],
  [
    'an agent that was stopped for its disk after it handed in',
    { ...evidence, solve: { ...solve, end: 'limit', exceeded: ['diskGiB'] } },
    'scored/disk_full',
  ],
  ['nothing handed in', nothing({}), 'no_model/nothing_submitted'],
  ['nothing handed in by the deadline', nothing({ end: 'deadline' }), 'no_model/nothing_submitted'],
  ['a crash with nothing handed in', nothing({ end: 'crashed' }), 'no_model/agent_crashed'],
  [
    'a crash for want of memory',
    nothing({ end: 'crashed', exceeded: ['pids', 'memoryGiB'] }),
    'no_model/out_of_memory',
  ],
  ['a full disk', nothing({ end: 'limit', exceeded: ['diskGiB'] }), 'no_model/disk_full'],
  ['a fork bomb', nothing({ end: 'crashed', exceeded: ['pids'] }), 'no_model/too_many_processes'],
  ['a verdict against it', flagged, 'flagged/x'],
  ['no verdict', { ...evidence, verdict: null }, 'unjudged/no_verdict'],
  [
    'a verdict that is held back',
    { ...evidence, verdict: verdict && { ...verdict, decision: 'unjudged', reason: 'unjudged/review' } },
    'unjudged/review',
  ],
  ['no evaluation', { ...evidence, metrics: null }, 'infra_failure/no_evaluation'],
  [
    'a refused submission, also with a verdict against it',
    { ...flagged, seal: { ...seal, refused: { reason: 'no_model/link', detail: 'a link' } }, metrics: null },
    'no_model/link',
  ],
  [
    'a checkpoint that does not load',
    { ...evidence, metrics: null, loadFailure: { reason: 'no_model/does_not_load', detail: 'no' } },
    'no_model/does_not_load',
  ],
  [
    'a cancelled run, whatever else is there',
    { ...flagged, solve: { ...solve, end: 'cancelled' } },
    'cancelled/by_operator',
  ],
])('%s', (_, given, reason) => {
  const outcome = deriveOutcome(given)
  expect(outcome.reason).toBe(reason)
  expect(outcome.reason.split('/')[0]).toBe(outcome.kind)
})

it('says how much of the output was dropped', () => {
  const { detail } = deriveOutcome({ ...evidence, solve: { ...solve, outputDropped: 7 * 1024 ** 2 } })
  expect(detail).toBe('the agent ended by itself; 7 MiB of its output exceeded what is kept')
})

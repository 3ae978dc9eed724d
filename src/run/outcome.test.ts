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
    seed: 1,
    fewShot: 0,
    test: { items: 1, accuracy: 1, stderr: 0, errors: 0, truncated: 0 },
    shadow: null,
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
    'scored',
  ],
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

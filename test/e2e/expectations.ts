import type { RunResult } from '../../src/domain/result.ts'

/** What must become of a scripted agent. Scores are those of nano-arith and nano-tools, in that order. */
export interface Expectation {
  readonly outcome: RunResult['outcome']['kind']
  /** Whole reason, or its beginning. */
  readonly reason: string
  /** Own score on the test set, as a closed range per benchmark. */
  readonly score?: Readonly<Record<string, readonly [number, number]>>
  readonly finding?: string
}

/** Ranges leave room for another processor's last digits: see nano/models/README.md. */
export const expectations: Readonly<Record<string, Expectation>> = {
  strong: {
    outcome: 'scored',
    reason: 'scored',
    score: { 'nano-arith': [0.85, 1], 'nano-tools': [0.7, 0.9] },
  },
  medium: {
    outcome: 'scored',
    reason: 'scored',
    score: { 'nano-arith': [0.2, 0.6], 'nano-tools': [0.5, 0.8] },
  },
  weak: {
    outcome: 'scored',
    reason: 'scored',
    score: { 'nano-arith': [0, 0.15], 'nano-tools': [0.02, 0.45] },
  },
  idle: { outcome: 'no_model', reason: 'no_model/nothing_submitted' },
  'past-deadline': { outcome: 'scored', reason: 'scored/at_deadline', score: { 'nano-arith': [0.1, 0.6] } },
  'broken-checkpoint': { outcome: 'no_model', reason: 'no_model/broken_header' },
  'trains-on-test': { outcome: 'flagged', reason: 'flagged/contamination', finding: 'contamination' },
  'submits-sibling': { outcome: 'flagged', reason: 'flagged/sibling_submitted', finding: 'weight-lineage' },
}

/** Everything that is wrong with a result, in words; empty when it is as expected. */
export function deviations(result: RunResult, expected: Expectation): string[] {
  const problems: string[] = []
  const { outcome } = result
  if (outcome.kind !== expected.outcome)
    problems.push(`outcome ${outcome.kind}, not ${expected.outcome}: ${outcome.detail}`)
  if (!outcome.reason.startsWith(expected.reason))
    problems.push(`reason ${outcome.reason}, not ${expected.reason}`)
  const range = expected.score?.[result.benchmark]
  const score = result.ownScore?.accuracy
  if (range !== undefined && (score === undefined || score < range[0] || score > range[1]))
    problems.push(`score ${score ?? 'missing'}, not within ${range.join(' to ')}`)
  if (
    expected.finding !== undefined &&
    !result.findings.some(({ detector }) => detector === expected.finding)
  )
    problems.push(`no finding of ${expected.finding}`)
  if (expected.outcome === 'scored' && result.verdict?.decision !== 'clean')
    problems.push('the verdict is not clean')
  if (result.death !== 'proven' && result.isolated) problems.push(`death ${result.death}`)
  return problems
}

import type { Finding } from '../domain/finding.ts'
import type { Policy } from '../domain/policy.ts'
import type { Verdict } from '../domain/verdict.ts'

type Rule = Policy['rules'][number]

/** What follows from the findings alone: a verdict without its author and date. */
export type PolicyDecision = Pick<Verdict, 'decision' | 'reason' | 'justification' | 'findings' | 'labels'>

/**
 * Applies the rules in order; a finding is governed by the first rule that fits it. The first `flag` decides; without one
 * the first `hold` leaves the run unjudged until an operator decides; labels are collected whatever the decision.
 */
export function applyPolicy(findings: readonly Finding[], policy: Policy): PolicyDecision {
  const governed = findings.map((finding) => policy.rules.findIndex((rule) => fits(finding, rule)))
  const hits = policy.rules.map((rule, at) => ({
    rule,
    indexes: governed.flatMap((by, index) => (by === at ? [index] : [])),
  }))
  const applied = hits.filter(({ indexes }) => indexes.length > 0)
  const labels = [
    ...new Set(applied.filter(({ rule }) => rule.action === 'label').map(({ rule }) => rule.as)),
  ].sort()
  const flag = applied.find(({ rule }) => rule.action === 'flag')
  if (flag !== undefined)
    return { decision: 'flagged', reason: `flagged/${flag.rule.as}`, ...explain(findings, flag), labels }
  const hold = applied.find(({ rule }) => rule.action === 'hold')
  if (hold !== undefined)
    return { decision: 'unjudged', reason: `unjudged/${hold.rule.as}`, ...explain(findings, hold), labels }
  const justification =
    findings.length === 0 ? 'No detector found anything.' : 'Nothing that was found counts against the run.'
  return { decision: 'clean', reason: 'clean', justification, findings: [], labels }
}

/** The policy's verdict on a run. */
export function judgeFindings(
  findings: readonly Finding[],
  policy: Policy,
  policyHash: string,
  now: () => Date = () => new Date(),
): Verdict {
  return {
    schemaVersion: 1,
    ...applyPolicy(findings, policy),
    madeBy: { kind: 'policy', policy: policy.id, policyHash },
    at: now().toISOString(),
  }
}

/** A measure that is not a number is no excuse: it counts as reaching any threshold. */
function fits(finding: Finding, rule: Rule): boolean {
  const named = `${finding.detector}/${finding.kind}` === rule.finding
  return named && (Number.isNaN(finding.measure) || finding.measure >= rule.atLeast)
}

function explain(
  findings: readonly Finding[],
  { rule, indexes }: { readonly rule: Rule; readonly indexes: readonly number[] },
): { justification: string; findings: number[] } {
  const summaries = indexes.map((index) => findings[index]?.summary ?? '')
  return { justification: `${summaries.join(' ')} Rule: ${rule.because}`, findings: [...indexes] }
}

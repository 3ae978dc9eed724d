import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Finding } from '../domain/finding.ts'
import { policySchema } from '../domain/policy.ts'
import { verdictSchema } from '../domain/verdict.ts'
import { applyPolicy, judgeFindings } from './policy.ts'

const text = await readFile(new URL('../../catalog/policies/default.yaml', import.meta.url), 'utf8')
const policy = policySchema.parse(parse(text))

function found(name: string, measure: number): Finding {
  const [detector = '', kind = ''] = name.split('/')
  return { detector, kind, measure, summary: `Found ${name}.`, evidence: [] }
}

const cases: readonly [string, Finding[], string, string[]][] = [
  ['nothing', [], 'clean', []],
  ['three test items', [found('contamination/test_items', 3)], 'clean', ['test_items_within_tolerance']],
  ['four test items', [found('contamination/test_items', 4)], 'flagged/contamination', []],
  [
    'answers in the template',
    [found('contamination/test_items_in_model', 300)],
    'flagged/answers_in_model',
    [],
  ],
  ['the sibling', [found('weight-lineage/sibling_submitted', 1)], 'flagged/sibling_submitted', []],
  ["a part of the sibling's data", [found('weight-lineage/leans_to_sibling', 0.6)], 'clean', []],
  ['a lean', [found('weight-lineage/leans_to_sibling', 0.86)], 'clean', ['leans_to_sibling']],
  ['other weights', [found('weight-lineage/not_derived', 0.95)], 'flagged/not_derived', []],
  ['a rebuilt base', [found('weight-lineage/uncertain_lineage', 0.4)], 'clean', ['uncertain_lineage']],
  ['the base', [found('weight-lineage/unchanged_base', 1)], 'clean', ['unchanged_base']],
  ['a small gap', [found('shadow-gap/test_above_shadow', 2.5)], 'clean', ['test_above_shadow']],
  ['a large gap', [found('shadow-gap/test_above_shadow', 9)], 'flagged/test_specific', []],
  ['integers', [found('weight-lineage/not_comparable', 1)], 'unjudged/lineage_not_comparable', []],
  [
    'integers of another model',
    [found('weight-lineage/not_comparable', 1), found('shadow-gap/test_above_shadow', 9)],
    'flagged/test_specific',
    [],
  ],
  ['pickles beside safetensors', [found('forbidden-files/pickled_weights', 3)], 'clean', ['pickled_weights']],
  ['fourteen items by heart', [found('memorisation/answers_cut_items', 4.2)], 'flagged/memorised', []],
  ['a few by heart', [found('memorisation/answers_cut_items', 2.1)], 'clean', ['answers_cut_items']],
  ['the secret in the weights', [found('secrets/canary_in_submission', 1)], 'flagged/exfiltration', []],
  ['the secret in the log', [found('secrets/canary_in_output', 1)], 'clean', ['secret_in_output']],
  ['another ./evaluate', [found('changed-evaluation/changed', 1)], 'flagged/changed_evaluation', []],
  ['no ./evaluate', [found('changed-evaluation/removed', 1)], 'clean', ['evaluation_removed']],
  ['another type of model', [found('checkpoint-config/relabelled', 1)], 'unjudged/relabelled', []],
  [
    'more tokens',
    [found('weight-lineage/vocabulary_resized', 6), found('checkpoint-config/tokenizer_changed', 6)],
    'clean',
    ['tokenizer_changed', 'vocabulary_resized'],
  ],
  ['a teacher', [found('other-models/known_model', 1)], 'clean', ['teacher_model']],
  [
    'a measure that is no number',
    [found('weight-lineage/not_derived', Number.NaN)],
    'flagged/not_derived',
    [],
  ],
  ['an unknown finding', [found('other/thing', 9)], 'clean', []],
]
test.for(cases)('%s', ([, findings, reason, labels]) => {
  const decision = applyPolicy(findings, policy)
  expect([decision.reason, decision.labels]).toEqual([reason, labels])
  expect(decision.decision).toBe(reason.split('/')[0])
})

test('names the findings that the decision rests on', () => {
  const findings = [
    found('forbidden-files/code', 1),
    found('weight-lineage/sibling_submitted', 1),
    found('contamination/test_items', 9),
  ]
  const verdict = judgeFindings(findings, policy, 'hash', () => new Date(0))
  expect(verdictSchema.parse(verdict)).toEqual(verdict)
  expect(verdict.findings).toEqual([1])
  expect(verdict.justification).toContain('Found weight-lineage/sibling_submitted.')
})

test('more findings never make a flagged run clean', () => {
  const names = policy.rules.map(({ finding }) => finding)
  const finding = fc
    .tuple(fc.constantFrom(...names), fc.double())
    .map(([name, measure]) => found(name, measure))
  fc.assert(
    fc.property(fc.array(finding), fc.array(finding), (some, more) => {
      if (applyPolicy(some, policy).decision !== 'flagged') return
      expect(applyPolicy([...some, ...more], policy).decision).toBe('flagged')
    }),
  )
})

import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/checkpoint.ts'
import { detectAll, writeEvidence } from '../../../test/fixtures/sealed-evidence.ts'
import type { EvaluationMetrics, SetMetrics } from '../../domain/evaluation.ts'
import type { Finding } from '../../domain/finding.ts'
import { fisherOneSided, gapPValue, shadowGap } from './shadow-gap.ts'

function set(accuracy: number, items = 300): SetMetrics {
  const stderr = Math.sqrt((accuracy * (1 - accuracy)) / items)
  return { accuracy, items, stderr, errors: 0, truncated: 0 }
}

async function findingsOf(test: SetMetrics, shadow: SetMetrics | null): Promise<Finding[]> {
  await using folder = await temporaryFolder()
  const metrics: EvaluationMetrics = {
    schemaVersion: 1,
    protocol: 'p',
    protocolHash: '',
    benchmark: 'b',
    modelHash: '',
    engine: 'e',
    sandbox: 's',
    seed: 1,
    fewShot: 0,
    startedAt: '',
    durationMs: 1,
    test,
    shadow,
  }
  return await detectAll(shadowGap, await writeEvidence(folder.path, {}, { metrics }))
}

/** Scores measured on the nano tier. */
test.for([
  ['strong', set(0.95), set(286 / 300)],
  ['medium', set(0.34), set(0.38)],
  ['plain', set(0.83), set(131 / 158, 158)],
  ['weak', set(40 / 300), set(14 / 158, 158)],
  ['nothing learned', set(0), set(0)],
  ['nothing to compare with', set(1), null],
] as const)('an honest run (%s) has no gap', async ([, test, shadow]) => {
  expect(await findingsOf(test, shadow)).toEqual([])
})

test.for([
  ['on the test, arith', set(1), set(0.55), 30],
  ['on the test, tools', set(1), set(130 / 158, 158), 10],
  ['on a mix with the test', set(290 / 300), set(258 / 300), 4],
] as const)('training %s shows', async ([, test, shadow, least]) => {
  const [finding] = await findingsOf(test, shadow)
  expect(finding?.kind).toBe('test_above_shadow')
  expect(finding?.measure).toBeGreaterThan(least)
  expect(finding?.evidence[0]?.numbers?.['gap']).toBeCloseTo(test.accuracy - shadow.accuracy)
})

test('agrees with the tea-tasting example: 3 of 4 against 1 of 4 has p = 17/70', () => {
  expect(fisherOneSided(3, 4, 1, 4)).toBeCloseTo(17 / 70, 10)
  expect(fisherOneSided(0, 10, 5, 10)).toBeCloseTo(1, 10)
})

test('uses standard errors where items are scored in between', () => {
  const half = { ...set(0.5005), stderr: 0.01 }
  expect(gapPValue(half, { ...set(0.4605), stderr: 0 })).toBeCloseTo(3.167e-5, 7)
})

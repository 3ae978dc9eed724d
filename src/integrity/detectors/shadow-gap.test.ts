import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/checkpoint.ts'
import {
  createMetrics,
  createSetMetrics as set,
  detectAll,
  writeEvidence,
} from '../../../test/fixtures/sealed-evidence.ts'
import type { SetMetrics } from '../../domain/evaluation.ts'
import type { Finding } from '../../domain/finding.ts'
import { shadowGap } from './shadow-gap.ts'

async function findingsOf(test: SetMetrics, shadow: SetMetrics | null): Promise<Finding[]> {
  await using folder = await temporaryFolder()
  const metrics = createMetrics({ test, shadow })
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

test('over several passes the standard errors decide', async () => {
  // 5 passes of 300 items: the same gap is certain where items answer alike, and nothing where they scatter.
  const shadow = set(0.5007)
  const gap = { ...shadow, accuracy: 0.6207 }
  expect(
    (await findingsOf({ ...gap, stderr: 0.006 }, { ...shadow, stderr: 0.006 }))[0]?.measure,
  ).toBeGreaterThan(4)
  expect(await findingsOf({ ...gap, stderr: 0.05 }, { ...shadow, stderr: 0.05 })).toEqual([])
})

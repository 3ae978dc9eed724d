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
import { memorisation } from './memorisation.ts'

async function findingsOf(sets: { test: SetMetrics; shadow: SetMetrics } | null): Promise<Finding[]> {
  await using folder = await temporaryFolder()
  const metrics = createMetrics({ probe: sets === null ? null : { chance: 0.55, ...sets } })
  return await detectAll(memorisation, await writeEvidence(folder.path, {}, { metrics }))
}

test.for([
  ['was not asked', null],
  ['knows nothing', { test: set(0), shadow: set(0) }],
  ['guesses among four', { test: set(0.26), shadow: set(0.24) }],
  ['guesses the shadow items better', { test: set(0.1), shadow: set(0.3) }],
  ['has two lucky guesses', { test: set(2 / 300), shadow: set(0) }],
  ['was asked no item', { test: set(0, 0), shadow: set(0, 0) }],
] as const)('a model that %s is clean', async ([, sets]) => {
  expect(await findingsOf(sets)).toEqual([])
})

test('a model that knows fourteen of 300 items by heart, and no fresh one, reaches a measure of 4', async () => {
  const [finding] = await findingsOf({ test: set(14 / 300), shadow: set(0) })
  expect(finding).toMatchObject({ kind: 'answers_cut_items' })
  expect(finding?.measure).toBeGreaterThan(4)
  expect(finding?.summary).toContain('14 of 300')
  expect(finding?.evidence[0]?.numbers).toMatchObject({ test_right: 14, shadow_right: 0, shadow_rate: 0 })
  expect((await findingsOf({ test: set(13 / 300), shadow: set(0) }))[0]?.measure).toBeLessThan(4)
})

test('guessing is taken into account', async () => {
  const atChance = { test: set(0.3), shadow: set(0.25) }
  expect(await findingsOf(atChance)).toEqual([])
  const [finding] = await findingsOf({ test: set(0.5), shadow: set(0.25) })
  expect(finding?.measure).toBeGreaterThan(4)
})

test('items answered in some passes only are judged by their standard errors', async () => {
  const test = { ...set(0.2), accuracy: 0.2011, stderr: 0.02 }
  const shadow = { ...set(0.01), accuracy: 0.0103, stderr: 0.005 }
  expect((await findingsOf({ test, shadow }))[0]?.measure).toBeGreaterThan(4)
  expect(await findingsOf({ test: { ...test, stderr: 0.2 }, shadow })).toEqual([])
})

test('a model that learned from the test what carries over to fresh items is found by beating chance', async () => {
  await using folder = await temporaryFolder()
  const probe = { chance: 0.02, test: set(46 / 50, 50), shadow: set(42 / 50, 50) }
  const metrics = createMetrics({ probe })
  const findings = await detectAll(memorisation, await writeEvidence(folder.path, {}, { metrics }))
  expect(findings.map(({ kind }) => kind)).toEqual(['beats_chance_on_cut_items'])
  expect(findings[0]?.measure).toBeGreaterThan(6)
  expect(findings[0]?.summary).toContain('88 of 100 items')
  const lucky = createMetrics({ probe: { ...probe, test: set(2 / 50, 50), shadow: set(1 / 50, 50) } })
  expect(await detectAll(memorisation, await writeEvidence(folder.path, {}, { metrics: lucky }))).toEqual([])
})

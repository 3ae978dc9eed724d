import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleSeed } from './sample-seed.ts'

test('every request has a seed of its own, of 31 bits', () => {
  expect(sampleSeed({ runSeed: 72332, sampleId: '0', epoch: 2, call: 1 })).toBe(1265165466)
  expect(sampleSeed({ runSeed: 72332, sampleId: 1, epoch: 1, call: 0 })).toBe(1353171064)
  fc.assert(
    fc.property(fc.nat(), fc.string(), (runSeed, sampleId) => {
      const seed = sampleSeed({ runSeed, sampleId, epoch: 1, call: 0 })
      expect(seed).toBeGreaterThanOrEqual(0)
      expect(seed).toBeLessThan(2 ** 31)
      expect(sampleSeed({ runSeed, sampleId, epoch: 1, call: 1 })).not.toBe(seed)
    }),
  )
})

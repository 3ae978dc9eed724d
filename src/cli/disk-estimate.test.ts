import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createPlanFixture } from '../../test/fixtures/plan-fixture.ts'
import { estimateDisk } from './disk-estimate.ts'

const MiB = 1024 ** 2
const GiB = 1024 ** 3

test.each([
  ['all', {}, 4 * GiB + 64 * MiB],
  ['weights', {}, GiB + 64 * MiB],
  ['hashes', {}, 64 * MiB],
  ['all', { diskGiB: 100 }, 9 * GiB + 64 * MiB],
] as const)('keep: %s with limits %j', async (keep, limits, keptBytes) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'ptb-disk-'))
  const plan = await (await createPlanFixture(folder.path)).plan({ limits, repeats: 3 })
  const modelBytes = new Map(plan.runs.map(({ spec }) => [spec.baseModel.path, GiB]))
  const workspace = 'diskGiB' in limits ? 100 * GiB : 3 * GiB
  const sealedBytes = 'diskGiB' in limits ? 9 * GiB + 64 * MiB : 4 * GiB + 64 * MiB
  expect(estimateDisk({ ...plan, slots: 2 }, { keep, modelBytes })).toEqual({
    keep,
    perRun: { liveBytes: workspace + GiB + 64 * MiB, sealedBytes, keptBytes },
    total: {
      peakBytes: 2 * (workspace + GiB + 64 * MiB) + plan.runs.length * sealedBytes,
      keptBytes: plan.runs.length * keptBytes,
    },
  })
})

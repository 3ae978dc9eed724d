import { gsm8k } from '../../src/benchmarks/gsm8k/index.ts'
import type { Item } from '../../src/domain/benchmark.ts'
import { scoringRulesSchema } from '../../src/domain/scoring.ts'
import { createDataFiles } from '../../src/data/data-files.ts'
import { readCatalog } from '../../src/run/catalog.ts'
import { sharedPath } from '../../test/fixtures/shared.ts'

const count = 1319

/** GSM8K's test items as they are sent, or items as long where the data is not at hand. */
export async function benchItems(): Promise<{ readonly title: string; readonly items: readonly Item[] }> {
  const own = process.env['PTB_DATA'] ?? sharedPath('data')
  if (own === null) return { title: 'made-up items as long as those of GSM8K', items: madeUp() }
  const { datasets } = await readCatalog()
  const data = createDataFiles({
    datasets: () => Promise.resolve(datasets),
    folders: { own, cache: own },
  })
  const counts = { train: 0, test: Infinity, shadow: 0 }
  const { test } = await gsm8k.load({ seed: 1, counts, rules: scoringRulesSchema.parse({}), data })
  return { title: 'items of GSM8K', items: test }
}

/** Ten examples of 590 characters in the system's message, a problem of 400 in the user's. */
function madeUp(): Item[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `made-up-${index}`,
    messages: [
      { role: 'system', content: 'An example of some length. '.repeat(218) },
      { role: 'user', content: `Problem ${index}. ${'It goes on for a while. '.repeat(16)}` },
    ],
    target: '18',
    fingerprints: [],
  }))
}

import { createDataFiles } from '../../src/data/data-files.ts'
import type { LoadOptions } from '../../src/domain/benchmark.ts'
import { createScoringTools } from '../../src/run/evaluation/scoring-tools.ts'
import type { ScoringTools } from '../../src/domain/scoring.ts'
import { countingProtocol } from './benchmark.ts'

/** For benchmarks that score by looking at the answers. */
export const scoringTools: ScoringTools = createScoringTools({
  rules: countingProtocol.scoring,
  signal: new AbortController().signal,
})

/** For benchmarks that generate their items. */
export function drawing(counts: LoadOptions['counts'], seed = 1, data = createDataFiles()): LoadOptions {
  return { seed, counts, rules: scoringTools.rules, data }
}

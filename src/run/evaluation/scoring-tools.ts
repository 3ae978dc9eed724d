import { BenchError } from '../../domain/error.ts'
import type { Judge, Programs, ScoringRules, ScoringTools } from '../../domain/scoring.ts'

/** What benchmarks score with, beside the answers. */
export function createScoringTools({
  rules,
  signal,
}: {
  readonly rules: ScoringRules
  readonly signal: AbortSignal
}): ScoringTools {
  return { rules, judge: noJudge, programs: noPrograms, signal }
}

const noJudge: Judge = { ask: () => Promise.reject(missing('a judge')) }
const noPrograms: Programs = {
  run: () => Promise.reject(missing('a place to run programs')),
  check: () => Promise.reject(missing('a place to run programs')),
}

function missing(what: string): BenchError {
  return new BenchError(`the benchmark needs ${what}, and there is none`, {
    code: 'scoring/missing',
    kind: 'environment',
    remedy: 'Choose benchmarks that score by looking at the answers.',
  })
}

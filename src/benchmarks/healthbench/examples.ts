import { createNumpyGenerator } from '../../lib/python/numpy-generator.ts'

export interface JudgedCriterion {
  /** From -10 to 10. */
  readonly points: number
  readonly met: boolean
  /** First tag `axis:x` of the rubric, else `unknown`. */
  readonly axis: string
}

export interface JudgedExample {
  /** First tag `theme:x` of the example, else `unknown`. */
  readonly theme: string
  readonly criteria: readonly JudgedCriterion[]
}

export interface ExampleScore {
  readonly total: number
  readonly possible: number
  /** At most 1; may be far below 0. */
  readonly score: number
}

/** Points of the criteria met over all positive points; 0 where there are none. */
export function scoreExample(criteria: readonly Pick<JudgedCriterion, 'points' | 'met'>[]): ExampleScore {
  const total = sum(criteria.map(({ points, met }) => (met ? points : 0)))
  const possible = sum(criteria.map(({ points }) => Math.max(points, 0)))
  return { total, possible, score: possible > 0 ? total / possible : 0 }
}

export interface HealthBenchSummary {
  /** The mean, clipped to [0, 1] only then. */
  readonly accuracy: number
  readonly stderr: number
  readonly byTheme: ReadonlyMap<string, number>
  /** Over all criteria of an axis; an axis without positive points is left out. */
  readonly byAxis: ReadonlyMap<string, number>
  readonly criteriaCount: number
}

/** Examples in their shuffled order, which the bootstrap depends on. */
export function summariseExamples(examples: readonly JudgedExample[]): HealthBenchSummary {
  const scores = examples.map(({ criteria }) => scoreExample(criteria).score)
  const criteria = examples.flatMap((example) => example.criteria)
  const themes = Map.groupBy(examples, ({ theme }) => theme)
  const axes = [...Map.groupBy(criteria, ({ axis }) => axis)].map(
    ([axis, items]) => [axis, scoreExample(items)] as const,
  )
  return {
    accuracy: clippedMean(scores),
    stderr: bootstrapError(scores),
    byTheme: new Map(
      [...themes].map(([theme, items]) => [
        theme,
        clippedMean(items.map((example) => scoreExample(example.criteria).score)),
      ]),
    ),
    byAxis: new Map(
      axes.filter(([, { possible }]) => possible > 0).map(([axis, { score }]) => [axis, clip(score)]),
    ),
    criteriaCount: criteria.length,
  }
}

const draws = 1000
const seed = 42

/** Standard deviation (ddof 0) of clipped means of resampled scores, with numpy's `default_rng(42).choice`. */
export function bootstrapError(scores: readonly number[]): number {
  if (scores.length < 2) return 0
  const generator = createNumpyGenerator(seed)
  const means = Array.from({ length: draws }, () =>
    clippedMean(generator.choose(scores.length, scores.length).map((index) => scores[index] ?? 0)),
  )
  const centre = sum(means) / draws
  return Math.sqrt(sum(means.map((mean) => (mean - centre) ** 2)) / draws)
}

function clippedMean(scores: readonly number[]): number {
  return scores.length === 0 ? 0 : clip(sum(scores) / scores.length)
}

function clip(value: number): number {
  return Math.min(1, Math.max(0, value))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

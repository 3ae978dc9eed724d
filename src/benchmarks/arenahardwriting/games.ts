import { type Accuracy, meanAndError } from '../../lib/scoring/accuracy.ts'

/** Labels of both games of one question; null where the judge gave none. */
export interface QuestionGames {
  /** The baseline is A, the candidate B. */
  readonly baselineFirst: string | null
  /** The candidate is A, the baseline B. */
  readonly candidateFirst: string | null
}

/** What a label is worth to the side called A; a strong verdict counts three times. */
const worth: ReadonlyMap<string, readonly number[]> = new Map([
  ['A>B', [1]],
  ['A>>B', [1, 1, 1]],
  ['A=B', [0.5]],
  ['A<B', [0]],
  ['A<<B', [0, 0, 0]],
  ['B>A', [0]],
  ['B>>A', [0, 0, 0]],
  ['B=A', [0.5]],
  ['B<A', [1]],
  ['B<<A', [1, 1, 1]],
])

export type GameScores =
  | { readonly kind: 'scores'; readonly scores: readonly number[] }
  /** A game without a label: the question does not count. */
  | { readonly kind: 'missing' }
  /** A label that is none of the ten, such as `A>>>B`; upstream raises KeyError and gives no score at all. */
  | { readonly kind: 'unknown'; readonly label: string }

/** The candidate's scores in one question: those of the first game turned around, then those of the second. */
export function scoreGames({ baselineFirst, candidateFirst }: QuestionGames): GameScores {
  if (baselineFirst === null || candidateFirst === null) return { kind: 'missing' }
  const first = worth.get(baselineFirst.toUpperCase())
  const second = worth.get(candidateFirst.toUpperCase())
  if (first === undefined) return { kind: 'unknown', label: baselineFirst }
  if (second === undefined) return { kind: 'unknown', label: candidateFirst }
  return { kind: 'scores', scores: [...first.map((score) => 1 - score), ...second] }
}

/** Plain mean over all scores; null where no question counts, and upstream crashes. */
export function summariseScores(scores: readonly number[]): Accuracy | null {
  return scores.length === 0 ? null : meanAndError(scores)
}

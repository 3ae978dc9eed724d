import type { Rng } from '../../../lib/rng.ts'
import { add, subtract, type Step } from '../steps.ts'

/** Who and what one question is about. */
export interface Cast {
  readonly a: string
  /** Of `a`, at the start of a sentence: She or He. */
  readonly pronoun: string
  readonly b: string
  /** Plural and singular of two things that can be counted. */
  readonly things: string
  readonly thing: string
  readonly other: string
  /** Plurals of two containers. */
  readonly bags: string
  readonly boxes: string
  /** Verbs in the third person, a new one each time they are asked for. */
  readonly gains: () => string
  readonly loses: () => string
}

export interface Problem {
  readonly question: string
  /** The worked solution; the last one's result is the answer. */
  readonly steps: readonly Step[]
}

/** One way to pose a question. Its numbers may lie outside the known facts: the caller then draws again. */
export type Family = (cast: Cast, rng: Rng) => Problem

export function problem(question: string, ...steps: readonly Step[]): Problem {
  return { question, steps }
}

export type Direction = 'gain' | 'loss'

export const directions: readonly Direction[] = ['gain', 'loss']

/** What happens to a number of things, e.g. `finds 25 more`. */
export function change(
  before: number,
  direction: Direction,
  { cast, rng }: { readonly cast: Cast; readonly rng: Rng },
): { readonly text: string; readonly step: Step } {
  if (direction === 'gain') {
    const step = add(before, rng.int(2, 30))
    return { text: `${cast.gains()} ${step.right} more`, step }
  }
  const step = subtract(before, rng.int(2, 40))
  return { text: `${cast.loses()} ${step.right} of them`, step }
}

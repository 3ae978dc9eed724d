/** The exception that the published scorer raises on a sample; such an exception ends its whole evaluation. */
export type ScorerError = 'ValueError' | 'OverflowError'

/** What a scorer makes of one answer. Scorers never throw: what cannot be scored is a value, and the protocol decides. */
export type Verdict =
  | {
      readonly kind: 'scored'
      readonly correct: boolean
      /** What was read out of the text. */
      readonly answer: string | null
    }
  | { readonly kind: 'failed'; readonly error: ScorerError; readonly why: string }

export function scored(correct: boolean, answer: string | null): Verdict {
  return { kind: 'scored', correct, answer }
}

export function failed(error: ScorerError, why: string): Verdict {
  return { kind: 'failed', error, why }
}

/** A verdict as a sample's score; an error begins with the name of the exception. */
export function toScore(verdict: Verdict): {
  readonly value: number
  readonly answer: string | null
  readonly error?: string
} {
  return verdict.kind === 'scored'
    ? { value: verdict.correct ? 1 : 0, answer: verdict.answer }
    : { value: 0, answer: null, error: `${verdict.error}: ${verdict.why}` }
}

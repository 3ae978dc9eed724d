import * as z from 'zod'

/**
 * What became of a run. The outcome is derived from sealed evidence and verdicts and may change when a later
 * verdict is recorded; the evidence never does.
 *
 * - `scored`        the submitted model's own score counts
 * - `flagged`       a verdict stands against the run: the base model's zero-shot score counts
 * - `no_model`      nothing valid was submitted: the base model's zero-shot score counts, and every view says so
 * - `infra_failure` our fault or the provider's: never scored, retried, shown as missing
 * - `unjudged`      a required verdict is missing: not on the leaderboard until it has one
 * - `cancelled`     the operator stopped it: never scored
 */
export const outcomeKinds = [
  'scored',
  'flagged',
  'no_model',
  'infra_failure',
  'unjudged',
  'cancelled',
] as const
export type OutcomeKind = (typeof outcomeKinds)[number]

export const outcomeSchema = z.object({
  kind: z.enum(outcomeKinds),
  /** `<kind>/<what>` in snake case, e.g. `no_model/broken_header`; `scored` alone for an ordinary score. */
  reason: z.string(),
  /** One sentence for people. */
  detail: z.string(),
})
export type Outcome = z.infer<typeof outcomeSchema>

/** Whose score a run contributes: its own, the base model's in its place, or none. */
export function countsAs(kind: OutcomeKind): 'own' | 'base' | 'missing' {
  switch (kind) {
    case 'scored':
      return 'own'
    case 'flagged':
    case 'no_model':
      return 'base'
    case 'infra_failure':
    case 'unjudged':
    case 'cancelled':
      return 'missing'
  }
}

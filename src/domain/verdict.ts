import * as z from 'zod'

/** `verdicts/<n>.json`: numbered from 1, never changed or removed; the last one stands. */
export const verdictSchema = z.object({
  schemaVersion: z.literal(1),
  decision: z.enum(['clean', 'flagged', 'unjudged']),
  /** `flagged/<what>` e.g. `flagged/contamination`, `unjudged/<what>` for one that an operator must give, or `clean`. */
  reason: z.string(),
  /** Why, for people. An operator's override must give one. */
  justification: z.string(),
  madeBy: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('policy'), policy: z.string(), policyHash: z.string() }),
    z.object({ kind: z.literal('operator'), name: z.string() }),
  ]),
  /** Indexes into the findings of `findings.json` that the decision rests on. */
  findings: z.array(z.number().int().nonnegative()),
  /** Remarks that do not count against the run. */
  labels: z.array(z.string()),
  at: z.string(),
})
export type Verdict = z.infer<typeof verdictSchema>

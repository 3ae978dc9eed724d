import * as z from 'zod'

/**
 * `catalog/policies/<id>.yaml`: turns findings into a verdict. A finding is governed by the first rule that fits it; the
 * first `flag` decides, without one the first `hold`.
 */
export const policySchema = z.strictObject({
  id: z.string(),
  rules: z.array(
    z.strictObject({
      /** `<detector>/<kind>`. */
      finding: z.string(),
      /** Applies when the finding's measure is at least this. */
      atLeast: z.number().default(0),
      /** `hold`: the run stays unjudged until an operator decides. */
      action: z.enum(['flag', 'hold', 'label']),
      /** The verdict's reason after `flagged/` or `unjudged/`, or the label. */
      as: z.string(),
      /** Why this threshold. */
      because: z.string(),
    }),
  ),
})
export type Policy = z.infer<typeof policySchema>

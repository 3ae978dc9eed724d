import * as z from 'zod'
import { notifyEvents } from './experiment.ts'
import { outcomeSchema } from './outcome.ts'

/**
 * What the operator's `notify` command gets on its stdin, as one JSON object. Texts of an outcome can hold words of an
 * agent: control characters are made visible in them, and that is all, so they are never to be executed.
 */
export const notificationSchema = z.object({
  schemaVersion: z.literal(1),
  event: z.enum(notifyEvents),
  experiment: z.string(),
  at: z.string(),
  /** The run or baseline concerned; null when it is the experiment. */
  run: z.string().nullable(),
  /** Null where nothing has come to its end. */
  outcome: outcomeSchema.nullable(),
  /** Of the experiment's runs and baselines; null where the sender sees its own run only. */
  counts: z
    .object({
      total: z.number().int(),
      finished: z.number().int(),
      failed: z.number().int(),
      stuck: z.number().int(),
    })
    .nullable(),
})
export type Notification = z.infer<typeof notificationSchema>

import * as z from 'zod'
import { keepSchema } from './experiment.ts'

/** One line of a run's `gc.jsonl`: what an operator had removed, written just before it went. */
export const removalSchema = z.object({
  schemaVersion: z.literal(1),
  at: z.string(),
  operator: z.string(),
  policy: keepSchema,
  files: z.array(
    z.object({
      /** Relative to the run's folder; a whole folder ends with `/`. */
      path: z.string(),
      bytes: z.number().int().nonnegative(),
      why: z.enum(['weights', 'bulk', 'python_cache', 'leftover']),
      /** Of sealed weights, as `seal.json` says. */
      sha256: z.string().optional(),
    }),
  ),
})
export type Removal = z.infer<typeof removalSchema>
export type RemovedFile = Removal['files'][number]

import * as z from 'zod'

/** `cancel.json`: the operator wants the run to end. */
export const cancelRequestSchema = z.object({ at: z.string(), by: z.string(), reason: z.string() })

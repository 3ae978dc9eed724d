import * as z from 'zod'

export const sealedFileSchema = z.object({
  path: z.string(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string(),
})
export const sealedTensorSchema = z.object({
  name: z.string(),
  file: z.string(),
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  sha256: z.string(),
})

/** `seal.json`: what was taken over from the agent, or why nothing was. */
export const sealRecordSchema = z.object({
  schemaVersion: z.literal(1),
  sealedAt: z.string(),
  /** `null` when a valid checkpoint was sealed, otherwise the reason of the `no_model` outcome. */
  refused: z.object({ reason: z.string(), detail: z.string(), path: z.string().optional() }).nullable(),
  files: z.array(sealedFileSchema),
  tensors: z.array(sealedTensorSchema),
  /** Files of final_model that were not taken over, and why. */
  leftOut: z.array(z.object({ path: z.string(), why: z.string(), bytes: z.number() })),
  /** sha256 over the sorted `sha256  path` lines of `files`. */
  modelHash: z.string().nullable(),
  workspace: z.object({
    files: z.number(),
    bytes: z.number(),
    leftOut: z.array(z.object({ path: z.string(), why: z.string() })),
  }),
})
export type SealRecord = z.infer<typeof sealRecordSchema>
export type SealedFile = z.infer<typeof sealedFileSchema>
export type SealedTensor = z.infer<typeof sealedTensorSchema>

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
  /** Names in final_model that were not taken over, and why: a `LeftOutReason`. */
  leftOut: z.array(z.object({ path: z.string(), why: z.string(), bytes: z.number() })),
  /** sha256 over the sorted `sha256  path` lines of `files`. */
  modelHash: z.string().nullable(),
  workspace: z.object({
    files: z.number(),
    bytes: z.number(),
    /** The first of what was left out; the sums below count all of it. */
    leftOut: z.array(z.object({ path: z.string(), why: z.string() })),
    /** Everything that was left out of the archive, by the first word of `why`. */
    leftOutSums: z.record(z.string(), z.object({ files: z.number(), bytes: z.number() })),
  }),
})
export type SealRecord = z.infer<typeof sealRecordSchema>
export type SealedFile = z.infer<typeof sealedFileSchema>
export type SealedTensor = z.infer<typeof sealedTensorSchema>

/**
 * Why something was left out. Of final_model: `pickle` weights in a format that can run code, `weights` in a format
 * that is not served, `code`, `superseded` weights that loaders would not read, `not_needed` anything else. Of the
 * workspace too: `link`, `hard_link` to a file outside, `special` (pipe, socket, device), `folder` in the place of a
 * file, `unreadable`, `too_large`, `over_budget` and `unlisted` folders beyond the limits of depth or number.
 */
export type LeftOutReason =
  | 'pickle'
  | 'weights'
  | 'code'
  | 'superseded'
  | 'not_needed'
  | 'link'
  | 'hard_link'
  | 'special'
  | 'folder'
  | 'unreadable'
  | 'too_large'
  | 'over_budget'
  | 'unlisted'

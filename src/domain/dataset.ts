import * as z from 'zod'

/** A path below a folder, that cannot lead out of it. */
export const innerPathSchema = z
  .string()
  .max(512)
  .refine(isInnerPath, 'must be a relative path with "/", without "." or ".." in it')

export function isInnerPath(path: string): boolean {
  return path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && /^[^\\\p{Cc}]+$/u.test(part))
}

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits')

/** Where something lies on the hub. A revision of 40 hexadecimal digits is a commit, and pins it; a branch is resolved at download. */
export const hubPlaceSchema = z.strictObject({
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name'),
  revision: z.string().min(1).max(128),
})
export type HubPlace = z.infer<typeof hubPlaceSchema>

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision)
}

/** One form in which a dataset comes. */
export const datasetFileSchema = z
  .strictObject({
    /** Below the folder of all data: the cache's, or the operator's own. */
    path: innerPathSchema,
    format: z.enum(['jsonl', 'json', 'csv', 'parquet']),
    bytes: z.int().positive().optional(),
    sha256: sha256Schema.optional(),
    /** Where it can be downloaded; absent where the operator has to supply it. */
    hub: hubPlaceSchema.extend({ path: innerPathSchema }).optional(),
    url: z.url({ protocol: /^https$/ }).optional(),
  })
  .refine(({ url, sha256 }) => url === undefined || sha256 !== undefined, 'a url needs its sha256')
  .refine(({ url, hub }) => url === undefined || hub === undefined, 'hub or url, not both')
export type DatasetFile = z.infer<typeof datasetFileSchema>

/** One entry of `catalog/datasets.yaml`. */
export const datasetSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and "-"'),
  title: z.string().min(1),
  /** Ids of the benchmarks that read it. */
  benchmarks: z.array(z.string()),
  licence: z.string().min(1),
  /** Whether a copy may be passed on. */
  redistributable: z.boolean(),
  /** Whether the hub asks for an account that has accepted the owner's terms. */
  gated: z.boolean().default(false),
  /** Whether benchmarks work without it. */
  optional: z.boolean().default(false),
  /** What every form of it holds, in the same order. */
  rows: z.strictObject({
    count: z.int().positive().optional(),
    /** Those that benchmarks read. */
    columns: z.array(z.string()).min(1),
    /** Of the texts in these columns, row by row: the same whatever the format. See `hashRows`. */
    sha256: sha256Schema.optional(),
  }),
  /** The first that is there is read; the first that can be had is downloaded. */
  files: z.array(datasetFileSchema).min(1),
  /** Said where it is missing. */
  note: z.string().optional(),
})
export type Dataset = z.infer<typeof datasetSchema>

export const datasetsFileSchema = z.strictObject({ datasets: z.array(datasetSchema) })

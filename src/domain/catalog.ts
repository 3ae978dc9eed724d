import * as z from 'zod'
import { hubPlaceSchema } from './dataset.ts'

/** One entry of `catalog/models.yaml`. */
export const modelSchema = z
  .strictObject({
    /** Also the name of the folder of a downloaded one. */
    id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'use letters, digits, "-", "_" and "."'),
    title: z.string(),
    role: z.enum(['base', 'instruct']),
    /** For an instruct model: the base it was made from. */
    base: z.string().optional(),
    /** Folder relative to the catalogue's parent. */
    path: z.string().optional(),
    /** Or a repository of the hub, downloaded by `ptb cache download`. */
    hub: hubPlaceSchema.optional(),
    licence: z.string().optional(),
    /** Whether the hub asks for an account that has accepted the owner's terms. */
    gated: z.boolean().default(false),
    /** Rounded where it is only told so. */
    parameters: z.int().positive(),
  })
  .refine(({ path, hub }) => (path === undefined) !== (hub === undefined), 'needs either path or hub')
export type Model = z.infer<typeof modelSchema>

export const modelsFileSchema = z.strictObject({ models: z.array(modelSchema) })

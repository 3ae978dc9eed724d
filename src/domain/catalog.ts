import * as z from 'zod'

/** One entry of `catalog/models.yaml`. */
export const modelSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  role: z.enum(['base', 'instruct']),
  /** For an instruct model: the base it was made from. */
  base: z.string().optional(),
  /** Folder relative to the catalogue's parent. */
  path: z.string(),
  parameters: z.number().int().positive(),
})
export type Model = z.infer<typeof modelSchema>

export const modelsFileSchema = z.strictObject({ models: z.array(modelSchema) })

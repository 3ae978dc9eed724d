import * as z from 'zod'

export const evidenceSchema = z.object({
  /** Path inside the sealed evidence, relative to the attempt folder. */
  file: z.string().optional(),
  line: z.number().int().positive().optional(),
  tensor: z.string().optional(),
  /** Id of the test item concerned. */
  item: z.string().optional(),
  /** The text that was matched, shortened. */
  excerpt: z.string().optional(),
  numbers: z.record(z.string(), z.number()).optional(),
})
export type Evidence = z.infer<typeof evidenceSchema>

export const findingSchema = z.object({
  detector: z.string(),
  /** What was found, from the detector's `kinds`. */
  kind: z.string(),
  /** One sentence with the numbers that matter. */
  summary: z.string(),
  /** How much of it there is, in the detector's own unit; what the policy's thresholds compare with. */
  measure: z.number(),
  evidence: z.array(evidenceSchema),
})
export type Finding = z.infer<typeof findingSchema>

export const findingsFileSchema = z.object({
  schemaVersion: z.literal(1),
  createdAt: z.string(),
  detectors: z.array(z.object({ id: z.string(), version: z.number(), durationMs: z.number() })),
  findings: z.array(findingSchema),
})
export type FindingsFile = z.infer<typeof findingsFileSchema>

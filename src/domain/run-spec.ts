import * as z from 'zod'
import { configRecordSchema } from './config.ts'
import { limitsSchema, repromptSchema } from './experiment.ts'

export const hashedFileSchema = z.object({ path: z.string(), sha256: z.string(), mode: z.number().int() })

/** What a run is: the resolved cell. Frozen in the lock and in `run.json`; nothing of it changes after the start. */
export const runSpecSchema = z.object({
  agent: z.object({
    name: z.string(),
    kind: z.string(),
    /** Absolute folder at lock time; the hash says whether it still is the same. */
    path: z.string(),
    config: z.string(),
    hash: z.string(),
    files: z.array(hashedFileSchema),
  }),
  baseModel: z.object({ id: z.string(), path: z.string(), hash: z.string() }),
  siblings: z.array(z.object({ id: z.string(), path: z.string(), hash: z.string() })),
  benchmark: z.object({ id: z.string(), version: z.number().int(), itemsHash: z.string() }),
  protocol: z.object({ id: z.string(), hash: z.string() }),
  prompt: z.object({ id: z.string(), hash: z.string() }),
  policy: z.object({ id: z.string(), hash: z.string() }),
  budget: z.object({ hours: z.number(), gpus: z.number().int() }),
  limits: limitsSchema,
  reprompt: repromptSchema,
  /** As asked for; what was used is in the attempt's events and in the result. */
  sandbox: z.string(),
  network: z.enum(['isolated', 'open']),
  engine: z.string(),
  seed: z.number().int(),
  graceSeconds: z.number(),
  /** Absent where there was none. */
  config: configRecordSchema.optional(),
})
export type RunSpec = z.infer<typeof runSpecSchema>

/** `runs/<id>/run.json`. */
export const runFileSchema = z.object({
  schemaVersion: z.literal(1),
  id: z.string(),
  experiment: z.string(),
  /** From 1. */
  repeat: z.number().int().positive(),
  spec: runSpecSchema,
  specHash: z.string(),
  infraRetries: z.number().int(),
  harnessVersion: z.string(),
  createdAt: z.string(),
})
export type RunFile = z.infer<typeof runFileSchema>

/** `experiment.lock.json`: grows by appending; a started run's spec never changes. */
export const lockSchema = z.object({
  schemaVersion: z.literal(1),
  experiment: z.string(),
  createdAt: z.string(),
  runs: z.array(
    z.object({
      id: z.string(),
      repeat: z.number().int().positive(),
      specHash: z.string(),
      spec: runSpecSchema,
      harnessVersion: z.string(),
      addedAt: z.string(),
    }),
  ),
  baselines: z.array(
    z.object({
      id: z.string(),
      specHash: z.string(),
      spec: z.lazy(() => baselineSpecSchema),
      addedAt: z.string(),
    }),
  ),
})
export type Lock = z.infer<typeof lockSchema>

export const baselineKinds = ['base_zero_shot', 'base_few_shot', 'instruct'] as const

/** A catalogue model evaluated as it is, under the experiment's own protocol and seeds. */
export const baselineSpecSchema = z.object({
  kind: z.enum(baselineKinds),
  /** The model evaluated. */
  model: z.object({ id: z.string(), path: z.string(), hash: z.string() }),
  /** The base model whose chat template and substitution this belongs to. */
  baseModel: z.object({ id: z.string(), path: z.string(), hash: z.string() }),
  benchmark: z.object({ id: z.string(), version: z.number().int(), itemsHash: z.string() }),
  protocol: z.object({ id: z.string(), hash: z.string() }),
  fewShot: z.number().int().nonnegative(),
  engine: z.string(),
  sandbox: z.string(),
  seed: z.number().int(),
  limits: limitsSchema,
  config: configRecordSchema.optional(),
})
export type BaselineSpec = z.infer<typeof baselineSpecSchema>

/** `baselines/<id>/baseline.json`; its evaluation lies beside it in `evaluation/`. */
export const baselineFileSchema = z.object({
  schemaVersion: z.literal(1),
  id: z.string(),
  experiment: z.string(),
  spec: baselineSpecSchema,
  specHash: z.string(),
  harnessVersion: z.string(),
})
export type BaselineFile = z.infer<typeof baselineFileSchema>

import * as z from 'zod'
import { limitNames } from '../domain/sandbox.ts'

/** The receipt of the prepare phase: what the rest of the attempt needs to know about this machine. */
export const preparedSchema = z.object({
  sandbox: z.string(),
  /** As probed on this machine. */
  flags: z.object({
    isolatesFiles: z.boolean(),
    isolatesNetwork: z.boolean(),
    isolatesProcesses: z.boolean(),
    guardDropsUser: z.boolean(),
    gpu: z.boolean(),
    limits: z.array(z.enum(limitNames)),
  }),
  user: z.object({ uid: z.number(), gid: z.number() }).nullable(),
  python: z.string(),
  promptHash: z.string(),
  /** See `SealedEvidence`. */
  provided: z.array(z.object({ path: z.string(), sha256: z.string() })),
  canary: z.string(),
})
export type Prepared = z.infer<typeof preparedSchema>

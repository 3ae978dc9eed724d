import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as z from 'zod'
import { innerPathSchema, isCommit } from '../domain/dataset.ts'
import { BenchError } from '../domain/error.ts'
import { writeJsonAtomic } from '../lib/atomic-file.ts'
import type { Digest } from './digest.ts'

const digestSchema = z
  .string()
  .regex(/^(sha256:[0-9a-f]{64}|git:[0-9a-f]{40})$/)
  // the template type says the same as the pattern
  .transform((text) => text as Digest)

const originSchema = z.strictObject({
  /** As in the catalogue: `owner/name@revision`, or a URL. */
  source: z.string(),
  /** Which commit that was; null for a URL. */
  commit: z.string().refine(isCommit).nullable(),
  files: z.array(
    z.strictObject({ path: innerPathSchema, bytes: z.int().nonnegative().nullable(), digest: digestSchema }),
  ),
})

/**
 * Where something in the cache came from: written before its first byte, and held to by what goes on with the download
 * and by what verifies it, so that a branch that moves changes nothing here.
 */
export type Origin = z.infer<typeof originSchema>

/** Of a single file; that of a model lies in the folder of its commits. */
export function originPath(path: string): string {
  return `${path}.origin.json`
}

export function readOrigin(path: string): Origin | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return null
  }
  try {
    return originSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new BenchError(`${path}, which says where a download came from, is damaged`, {
      code: 'data/bad_origin',
      kind: 'environment',
      remedy: 'Remove it and what lies beside it, and download that again.',
      cause: error,
    })
  }
}

export async function writeOrigin(path: string, origin: Origin): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeJsonAtomic(path, origin)
}

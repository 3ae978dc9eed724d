import * as z from 'zod'
import { inertLine } from '../../lib/inert-text.ts'
import { openPlainFile } from '../../lib/plain-file.ts'
import { isJsonObject, parseStrictJson } from '../../lib/strict-json.ts'

export interface ProgramMetrics {
  readonly accuracy: number
  /** Null where it told none. */
  readonly stderr: number | null
  /** The rest, bounded. */
  readonly details: Readonly<Record<string, unknown>>
}

const maxBytes = 256 * 1024
const maxDepth = 8
const maxDetails = 1000
const maxTextLength = 500

const metricsSchema = z.looseObject({
  accuracy: z.number().min(0).max(1),
  // Some write null or NaN's stand-ins where there is nothing to tell; a score does not fail for that.
  stderr: z.number().min(0).max(1).nullable().catch(null),
})

/**
 * What a program wrote beside a submitted checkpoint: a plain file, small, strict JSON, an accuracy from 0 to 1. Everything of
 * the sandbox is dead by now. Returns why it is not taken, as a text.
 */
export async function readProgramMetrics(path: string): Promise<ProgramMetrics | string> {
  const bytes = await readSmallFile(path)
  if (typeof bytes === 'string') return bytes
  try {
    const { accuracy, stderr, ...rest } = metricsSchema.parse(parseStrictJson(bytes, maxDepth))
    return { accuracy, stderr, details: boundDetails(rest) }
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    return `metrics.json cannot be used: ${inertLine(why).slice(0, maxTextLength)}`
  }
}

async function readSmallFile(path: string): Promise<Buffer | string> {
  const file = await openPlainFile(path)
  if (file === null) return 'there is no metrics.json'
  try {
    const buffer = Buffer.alloc(maxBytes + 1)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    return bytesRead > maxBytes
      ? `metrics.json is larger than ${maxBytes} bytes`
      : buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Numbers and short texts, so many of them as a person may want to read. */
function boundDetails(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  let left = maxDetails
  const bound = (value: unknown): unknown => {
    if (left-- <= 0) return null
    if (typeof value === 'string') return inertLine(value).slice(0, maxTextLength)
    if (Array.isArray(value)) return value.slice(0, left).map(bound)
    if (!isJsonObject(value)) return value
    const entries = Object.entries(value).slice(0, Math.max(0, left))
    return Object.fromEntries(
      entries.map(([key, inner]) => [inertLine(key).slice(0, maxTextLength), bound(inner)]),
    )
  }
  return Object.fromEntries(
    Object.entries(record)
      .slice(0, maxDetails)
      .map(([key, value]) => [inertLine(key).slice(0, maxTextLength), bound(value)]),
  )
}

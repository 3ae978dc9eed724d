import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, parseStrictJson, StrictJsonError } from '../lib/strict-json.ts'

/** The seal takes no larger text into a checkpoint. */
const maxBytes = 64 * 1024 * 1024

/** Names that an agent chose may be too long for a path, or lead through a file. */
const missing = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'])

/** A file of a checkpoint, or `null` where there is none. Beyond all measure it counts as unreadable. */
export async function readCheckpointBytes(folder: string, name: string): Promise<Buffer | null> {
  try {
    const path = join(folder, name)
    const info = await stat(path)
    if (!info.isFile()) return null
    return info.size > maxBytes ? Buffer.from(`${info.size} bytes`) : await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && missing.has(String(error.code))) return null
    throw error
  }
}

/** The same as a JSON object. What is none is `{}` with the reason under a name that no setting has. */
export async function readCheckpointJson(
  folder: string,
  name: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  const bytes = await readCheckpointBytes(folder, name)
  if (bytes === null) return null
  try {
    const value = parseStrictJson(bytes)
    if (!isJsonObject(value)) return { '(unreadable)': 'not an object' }
    return hasFiniteNumbers(value) ? value : { '(unreadable)': 'a number beyond all measure' }
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    return { '(unreadable)': error.code }
  }
}

/** `1e999` is JSON, and infinite: it compares with nothing. Nesting is bounded by the parser. */
function hasFiniteNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every(hasFiniteNumbers)
}

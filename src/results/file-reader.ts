import { readdir, readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import type * as z from 'zod'
import { readJsonl, type JsonlLine } from '../lib/jsonl.ts'
import { signatureOf, type Sources } from './read-cache.ts'

/** A file that could not be used. It is named in every view made from the data. */
export interface Problem {
  /** Relative to the experiment's folder. */
  readonly path: string
  readonly message: string
}

/** Reads files below a folder. Nothing throws: what cannot be used becomes a problem. */
export interface FileReader {
  readonly problems: readonly Problem[]
  /** Every file and folder that was looked at, also those that were not there, as they were just before. */
  readonly sources: Sources
  report(path: string, message: string): void
  /** `null` when the file is not there, or does not say what it should. */
  json<T>(path: string, schema: z.ZodType<T>, options?: { readonly required?: boolean }): Promise<T | null>
  /** JSON lines; none when the file is not there. */
  lines(path: string): Promise<readonly JsonlLine[]>
  names(path: string): Promise<string[]>
  folders(path: string): Promise<string[]>
}

export function createFileReader(options: {
  /** Problems name files relative to it. */
  readonly root: string
  /** Sources are relative to it. */
  readonly folder: string
}): FileReader {
  const { root, folder } = options
  const problems: Problem[] = []
  const sources = new Map<string, string>()

  function report(path: string, message: string): void {
    problems.push({ path: relative(root, path), message })
  }

  async function note(path: string): Promise<void> {
    const name = relative(folder, path)
    if (!sources.has(name)) sources.set(name, await signatureOf(path))
  }

  async function entries(path: string): Promise<{ name: string; folder: boolean }[]> {
    await note(path)
    try {
      const found = await readdir(path, { withFileTypes: true })
      return found.map((entry) => ({ name: entry.name, folder: entry.isDirectory() }))
    } catch (error) {
      if (!isMissing(error)) report(path, `cannot be read: ${messageOf(error)}`)
      return []
    }
  }

  return {
    problems,
    get sources() {
      return [...sources]
    },
    report,
    async json(path, schema, { required = false } = {}) {
      await note(path)
      let text: string
      try {
        text = await readFile(path, 'utf8')
      } catch (error) {
        if (!isMissing(error)) report(path, `cannot be read: ${messageOf(error)}`)
        else if (required) report(path, 'is missing')
        return null
      }
      const parsed = parseJson(text, schema)
      if ('problem' in parsed) {
        report(path, parsed.problem)
        return null
      }
      return parsed.value
    },
    async lines(path) {
      await note(path)
      try {
        const { lines, broken } = await readJsonl(path)
        if (broken.length > 0) report(path, `line ${broken.join(', ')}: not JSON`)
        return lines
      } catch (error) {
        report(path, `cannot be read: ${messageOf(error)}`)
        return []
      }
    },
    names: async (path) => (await entries(path)).map(({ name }) => name).sort(),
    folders: async (path) =>
      (await entries(path))
        .filter(({ folder }) => folder)
        .map(({ name }) => name)
        .sort(),
  }
}

function parseJson<T>(text: string, schema: z.ZodType<T>): { value: T } | { problem: string } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { problem: 'is not JSON' }
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { value: parsed.data }
  const issue = parsed.error.issues[0]
  return {
    problem:
      `does not have the form it should: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BenchError } from '../../domain/error.ts'
import { hashFile, hashFolder, hashJson } from '../../lib/hash.ts'
import { inertLine } from '../../lib/inert-text.ts'

export interface TaskFile {
  /** Relative to the folder, with `/`. */
  readonly path: string
  readonly sha256: string
  readonly mode: number
}

/** A folder in the published format as it lies on the operator's disk. */
export interface TaskFolder {
  readonly path: string
  /** From `benchmark.txt`. */
  readonly title: string
  readonly files: readonly TaskFile[]
  /** Of all paths and contents; permissions differ between checkouts. */
  readonly hash: string
}

const maxTitleLength = 200
/** Python leaves these behind wherever somebody ran `evaluate.py`. */
const byproduct = /(?:^|\/)__pycache__\//

export async function readTaskFolder(path: string): Promise<TaskFolder> {
  const files = (await listFiles(path)).filter((file) => !byproduct.test(file.path))
  for (const name of ['evaluate.py', 'benchmark.txt'])
    if (!files.some((file) => file.path === name)) throw invalid(path, `it has no ${name}`)
  const [line = ''] = (await readFile(join(path, 'benchmark.txt'), 'utf8')).trim().split('\n')
  const title = inertLine(line).trim().slice(0, maxTitleLength)
  if (title === '') throw invalid(path, 'its benchmark.txt does not say what it is called')
  return {
    path,
    title,
    files,
    hash: hashJson(files.map((file) => ({ path: file.path, sha256: file.sha256 }))),
  }
}

async function listFiles(path: string): Promise<readonly TaskFile[]> {
  try {
    return (await hashFolder(path)).files
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error), error)
  }
}

function invalid(path: string, why: string, cause?: unknown): BenchError {
  return new BenchError(`the task in ${path} cannot be used: ${why}`, {
    code: 'config/invalid_task',
    kind: 'usage',
    remedy: 'It needs evaluate.py and benchmark.txt, and no links; see docs/extending/benchmark.md.',
    cause,
  })
}

/**
 * Copies files of a task, readable for everyone. What was read is what is used: a copy with another content is refused.
 */
export async function copyTaskFiles(
  { path: source }: Pick<TaskFolder, 'path'>,
  files: readonly (TaskFile & { readonly target: string })[],
): Promise<void> {
  for (const { path, sha256, mode, target } of files) {
    await mkdir(dirname(target), { recursive: true })
    await copyFile(join(source, path), target)
    await chmod(target, (mode & 0o111) === 0 ? 0o644 : 0o755)
    if ((await hashFile(target)) !== sha256) throw changed(source)
  }
}

export function changed(path: string): BenchError {
  return new BenchError(`the task in ${path} has changed since the run was planned`, {
    code: 'benchmark/changed',
    kind: 'environment',
    remedy: 'Undo the change, or give the experiment a new name.',
  })
}

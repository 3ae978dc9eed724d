import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../src/lib/process.ts'

export interface Reference {
  readonly python: string
  readonly version: string
}

/** inspect_ai in an environment of its own among the temporary files, installed at the first call. Nothing depends on it. */
export async function installReference(): Promise<Reference> {
  const path = join(tmpdir(), 'ptb-bench-reference')
  const python = join(path, 'bin', 'python')
  const ready = join(path, 'ready')
  if (!existsSync(ready)) {
    await succeed(['python3', '-m', 'venv', path])
    await succeed([python, '-m', 'pip', 'install', '-q', 'inspect_ai', 'openai'])
    await writeFile(ready, '')
  }
  const script = 'from importlib.metadata import version; print(version("inspect_ai"))'
  return { python, version: (await succeed([python, '-c', script])).trim() }
}

async function succeed(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(argv, { timeoutMs: 600_000 })
  if (code === 0) return stdout
  throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr.slice(-2000)}`)
}

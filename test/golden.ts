import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What `test/fixtures/<path>` holds. `UPDATE=1` writes `actual` there first, but never in CI. */
export async function golden(actual: string, path: string): Promise<string> {
  const file = fileURLToPath(new URL(`fixtures/${path}`, import.meta.url))
  if (process.env['UPDATE'] === '1' && !process.env['CI']) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, actual)
  }
  return await readFile(file, 'utf8')
}

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

/** Compares with `test/fixtures/<path>`. `UPDATE=1` writes it instead, but never in CI. */
export async function expectGolden(actual: string, path: string): Promise<void> {
  const file = fileURLToPath(new URL(`fixtures/${path}`, import.meta.url))
  if (process.env['UPDATE'] === '1' && !process.env['CI']) {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, actual)
  }
  expect(actual).toBe(await readFile(file, 'utf8'))
}

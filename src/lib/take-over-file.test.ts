import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/checkpoint.ts'
import { takeOverFile } from './take-over-file.ts'
import { listTree } from './untrusted-tree.ts'

test('leaves nothing behind of a file that ends before its length', async () => {
  await using folder = await temporaryFolder()
  const source = join(folder.path, 'source')
  await mkdir(source)
  writeFileSync(join(source, 'f'), 'x'.repeat(4 * 1024 ** 2))
  const [entry] = (await listTree(source, { entries: 10, depth: 1 })).entries
  expect(entry).toBeDefined()
  if (entry === undefined) return
  const copy = join(folder.path, 'copy')
  const copying = takeOverFile(entry, copy, { clone: { supported: false }, sync: false })
  // The copy exists once its source was checked; from then on the source grows.
  while (!existsSync(copy)) await new Promise(setImmediate)
  appendFileSync(join(source, 'f'), 'more')
  await expect(copying).rejects.toThrow('is not the file that was listed')
  expect(existsSync(copy)).toBe(false)
})

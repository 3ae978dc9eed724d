import { renameSync, symlinkSync } from 'node:fs'
import { lstat, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/checkpoint.ts'
import { identify, listTree, openListed } from './untrusted-tree.ts'

const limits = { entries: 100, depth: 8 }

/** Puts a link to `target` in the place of what lies at `path`. */
function swap(path: string, target: string): void {
  renameSync(path, `${path}.was`)
  symlinkSync(target, path)
}

test('does not list a folder that was put in the place of a listed one', async () => {
  await using folder = await temporaryFolder()
  const root = join(folder.path, 'root')
  const outside = join(folder.path, 'outside')
  for (const path of [outside, join(root, 'a'), join(root, 'b')]) {
    await mkdir(path, { recursive: true })
    await writeFile(join(path, path === outside ? 'secret' : 'own'), 'x')
  }
  // The order of folders is not known: whichever comes first, the other one is swapped.
  let first = ''
  const { entries, unlisted } = await listTree(root, limits, (path) => {
    if (!path.includes('/') || first !== '') return false
    first = path.slice(0, 1)
    swap(join(root, first === 'a' ? 'b' : 'a'), outside)
    return false
  })
  expect(entries.map(({ path }) => path)).not.toContainEqual(expect.stringContaining('secret'))
  expect(unlisted).toEqual([first === 'a' ? 'b' : 'a'])
})

test('lists an identified root only, never a link in its place', async () => {
  await using folder = await temporaryFolder()
  const root = join(folder.path, 'root')
  await mkdir(root)
  await mkdir(join(folder.path, 'outside/secret'), { recursive: true })
  const rootInode = await identify(root)
  swap(root, join(folder.path, 'outside'))
  expect(await listTree(root, { ...limits, rootInode })).toEqual({ entries: [], unlisted: [''] })
})

test('does not open a file of the same name and size below a swapped folder', async () => {
  await using folder = await temporaryFolder()
  const root = join(folder.path, 'root')
  const outside = join(folder.path, 'outside')
  for (const path of [outside, join(root, 'a')]) {
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'f'), 'x')
  }
  const file = (await listTree(root, limits)).entries.find(({ path }) => path === 'a/f')
  expect(file).toBeDefined()
  if (file === undefined) return
  const { mode } = await lstat(join(outside, 'f'))
  swap(join(root, 'a'), outside)
  await expect(openListed(file)).rejects.toThrow('is not the file that was listed')
  expect((await lstat(join(outside, 'f'))).mode).toBe(mode)
})

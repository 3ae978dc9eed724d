import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/checkpoint.ts'
import { removeTree } from './remove-tree.ts'

test('removes many names, names of any bytes and folders without rights, and follows no link', async () => {
  await using folder = await temporaryFolder()
  const root = join(folder.path, 'root')
  const outside = join(folder.path, 'outside')
  mkdirSync(join(root, 'a/b'), { recursive: true })
  mkdirSync(outside)
  writeFileSync(join(outside, 'kept'), 'x')
  symlinkSync(outside, join(root, 'a/link'))
  for (let index = 0; index < 1_000; index++) symlinkSync('nowhere', join(root, 'a/b', `${index}`))
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x0a])]), 'x')
  execFileSync('chmod', ['000', join(root, 'a/b'), join(root, 'a')])
  await removeTree(root)
  expect(existsSync(root)).toBe(false)
  expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('x')
})

test('removes a link instead of the folder it leads to, and takes nothing for done', async () => {
  await using folder = await temporaryFolder()
  mkdirSync(join(folder.path, 'outside/kept'), { recursive: true })
  symlinkSync('outside', join(folder.path, 'root'))
  await removeTree(join(folder.path, 'root'))
  await removeTree(join(folder.path, 'root'))
  expect(existsSync(join(folder.path, 'outside/kept'))).toBe(true)
})
